package main

import (
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strconv"
	"strings"

	"kept.dev/tools/kube"
)

// How many nodes there are, each in a zone of its own.
const nodes = 2

// The network: a bridge that the host and the nodes are on, Pods' addresses by node, and Services' addresses.
const (
	bridge     = "kept0"
	hostIP     = "10.89.0.1"
	podRange   = "10.244.0.0/16"
	serviceIPs = "10.96.0.0/16"
	apiIP      = "10.96.0.1" // of the Service kubernetes
	dnsIP      = "10.96.0.10"
	api        = hostIP + ":6443"
)

// How the program calls itself.
const (
	initCommand   = "_init"
	hostCommand   = "_host"
	nodeCommand   = "_node"
	policyCommand = "_policy"
)

// cluster is where everything is.
type cluster struct {
	cache string
	kube.Kubectl
}

func newCluster() (*cluster, error) {
	cache, err := kube.CacheFolder()
	if err != nil {
		return nil, err
	}
	for _, hidden := range []string{"/run/", "/var/lib/", "/var/log/"} { // nodes have their own
		if strings.HasPrefix(cache+"/", hidden) {
			return nil, fmt.Errorf("KEPT_K8S_CACHE can't be below %s", hidden)
		}
	}
	c := &cluster{cache: cache}
	c.Config = c.file("kubeconfig")
	return c, nil
}

// file is where something of the running cluster is.
func (c *cluster) file(names ...string) string {
	return filepath.Join(append([]string{c.cache, "run"}, names...)...)
}

func (c *cluster) logs() string              { return c.file("logs") }
func (c *cluster) secret(name string) string { return c.file("secrets", name) }
func (c *cluster) program(name string) string {
	return filepath.Join(c.cache, "kubernetes-"+kube.Version, name)
}

// control is the socket that the host listens at; ready is there when all is.
func (c *cluster) control() string { return c.file("control") }
func (c *cluster) ready() string   { return c.file("ready") }

// group is the control group that all Pods are in, and no others.
func (c *cluster) group() string {
	return fmt.Sprintf("kept-%08x", crc32.ChecksumIEEE([]byte(c.file())))
}

// node is one node.
type node struct {
	*cluster
	number int
}

func (c *cluster) node(name string) (n node, err error) {
	number, err := strconv.Atoi(strings.TrimPrefix(name, "node-"))
	if err != nil || number < 1 || number > nodes {
		return n, fmt.Errorf("there is no node %q", name)
	}
	return node{c, number}, nil
}

func (c *cluster) nodes() (all []node) {
	for number := 1; number <= nodes; number++ {
		all = append(all, node{c, number})
	}
	return all
}

func (n node) name() string            { return "node-" + strconv.Itoa(n.number) }
func (n node) ip() string              { return "10.89.0.1" + strconv.Itoa(n.number) }
func (n node) pods() string            { return fmt.Sprintf("10.244.%d.0/24", n.number) }
func (n node) link() string            { return "node" + strconv.Itoa(n.number) }
func (n node) logs() string            { return filepath.Join(n.cluster.logs(), n.name()) }
func (n node) disk(name string) string { return n.file(n.name(), name) }
func (n node) group() string           { return n.cluster.group() + "/" + n.name() }
func (n node) config() string          { return n.secret(n.name() + ".conf") }
