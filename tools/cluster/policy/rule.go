package policy

import (
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// target is one other side that a rule is about: a match on its address, and the Pod it is, if it is one.
type target struct {
	match string
	pod   *core.Pod
}

// rule is what a policy allows, in either direction.
type rule struct {
	peers []networking.NetworkPolicyPeer
	ports []networking.NetworkPolicyPort
}

// allow writes a line for each target and port of a rule.
func (s State) allow(out *strings.Builder, way direction, pod *core.Pod, r rule) {
	for _, other := range s.targets(way, pod.Namespace, r) {
		receiver := pod
		if way.kind == networking.PolicyTypeEgress {
			receiver = other.pod
		}
		if len(r.ports) == 0 {
			fmt.Fprintf(out, "%sreturn\n", other.match)
		}
		for _, port := range r.ports {
			if match := portMatch(port, receiver); match != "" {
				fmt.Fprintf(out, "%s%s return\n", other.match, match)
			}
		}
	}
}

func (s State) targets(way direction, namespace string, r rule) (all []target) {
	pods := func(of []*core.Pod) {
		for _, pod := range of {
			all = append(all, target{fmt.Sprintf("ip %s %s ", way.peer, pod.Status.PodIP), pod})
		}
	}
	if len(r.peers) == 0 {
		if slices.ContainsFunc(r.ports, named) { // a name means another number at each Pod
			pods(s.Pods)
		}
		return append(all, target{})
	}
	for _, peer := range r.peers {
		if peer.IPBlock == nil {
			pods(s.selected(namespace, peer))
		} else if !strings.Contains(peer.IPBlock.CIDR, ":") {
			all = append(all, target{match: block(way.peer, peer.IPBlock)})
		}
	}
	return all
}

func block(side string, b *networking.IPBlock) string {
	match := fmt.Sprintf("ip %s %s ", side, b.CIDR)
	if len(b.Except) > 0 {
		match += fmt.Sprintf("ip %s != { %s } ", side, strings.Join(b.Except, ", "))
	}
	return match
}

func named(p networking.NetworkPolicyPort) bool { return p.Port != nil && p.Port.Type == intstr.String }

// portMatch is the match of one port, whose name means what the receiver calls so; it is empty where nothing is called so.
func portMatch(p networking.NetworkPolicyPort, receiver *core.Pod) string {
	protocol := core.ProtocolTCP
	if p.Protocol != nil {
		protocol = *p.Protocol
	}
	name := strings.ToLower(string(protocol))
	switch {
	case p.Port == nil:
		return "meta l4proto " + name
	case named(p):
		if number := numberOf(p.Port.StrVal, protocol, receiver); number != 0 {
			return fmt.Sprintf("%s dport %d", name, number)
		}
		return ""
	case p.EndPort != nil:
		return fmt.Sprintf("%s dport %d-%d", name, p.Port.IntVal, *p.EndPort)
	}
	return fmt.Sprintf("%s dport %d", name, p.Port.IntVal)
}

func numberOf(name string, protocol core.Protocol, pod *core.Pod) int32 {
	if pod == nil {
		return 0
	}
	for _, container := range slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers) {
		for _, port := range container.Ports {
			if port.Name == name && (port.Protocol == protocol || port.Protocol == "" && protocol == core.ProtocolTCP) {
				return port.ContainerPort
			}
		}
	}
	return 0
}
