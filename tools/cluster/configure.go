package main

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"strings"
	"syscall"
	"text/template"
)

// Where a node's programs find their settings, in its memory.
const (
	containerdFile   = "/run/containerd.toml"
	containerdSocket = "/run/containerd/containerd.sock"
	kubeletFile      = "/run/kubelet.yaml"
	cniFolder        = "/run/cni.d"
)

// volumes is how many claims each node has a volume for.
const volumes = 4

//go:embed files
var files embed.FS

// configure writes the settings of the node's programs.
func (n *nodeHost) configure() error {
	reserved, err := reservedMemory()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cniFolder, 0o755); err != nil {
		return err
	}
	values := map[string]string{
		"CNI": n.debian("usr/lib/cni"), "CNIFolder": cniFolder, "Pause": pauseImage, "Pods": n.pods(), "Socket": containerdSocket,
		"CA": n.secret("ca.crt"), "Group": "/" + n.group(), "DNS": dnsIP, "Reserved": fmt.Sprint(reserved),
	}
	for source, target := range map[string]string{
		"containerd.toml": containerdFile, "kubelet.yaml": kubeletFile, "pods.conflist": cniFolder + "/pods.conflist",
	} {
		text, err := fill(source, values)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// reservedMemory is what a node, which sees all memory of the machine, has to leave to the other nodes, in bytes.
func reservedMemory() (uint64, error) {
	var info syscall.Sysinfo_t
	err := syscall.Sysinfo(&info)
	return info.Totalram * uint64(info.Unit) / nodes * (nodes - 1), err
}

// volume is one on a node's disk.
type volume struct {
	Node   string
	Number int
}

func allVolumes() (all []volume) {
	for n := range nodes {
		for i := range volumes {
			all = append(all, volume{fmt.Sprintf("node-%d", n+1), i})
		}
	}
	return all
}

// manifests is what the cluster starts with.
func manifests() (string, error) {
	values := struct {
		DNS, Host, CoreDNS string
		Volumes            []volume
	}{dnsIP, hostIP, corednsImage, allVolumes()}
	var all []string
	for _, name := range []string{"coredns.yaml", "metrics.yaml", "volumes.yaml"} {
		text, err := fill(name, values)
		if err != nil {
			return "", err
		}
		all = append(all, text)
	}
	return strings.Join(all, "---\n"), nil
}

func fill(name string, values any) (string, error) {
	t, err := template.ParseFS(files, "files/"+name)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = t.Option("missingkey=error").Execute(&out, values)
	return out.String(), err
}
