package policy

import (
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

// direction is which way traffic goes, seen from the Pod that a policy isolates.
type direction struct {
	kind      networking.PolicyType
	own, peer string // the Pod's side of a packet, and the other one
}

func directions() []direction {
	return []direction{{networking.PolicyTypeEgress, "saddr", "daddr"}, {networking.PolicyTypeIngress, "daddr", "saddr"}}
}

// Table is the whole table of a node: a chain for each of its Pods that is isolated in a direction, which lets through what some policy
// allows and drops the rest. What goes between the node itself and its Pods, such as probes, is not forwarded and so never comes here.
func (s State) Table(node string) string {
	var chains, hooks strings.Builder
	for _, way := range directions() {
		var jumps []string
		for _, pod := range s.Pods {
			if pod.Spec.NodeName != node {
				continue
			}
			allowed, isolated := s.allowed(pod, way)
			if !isolated {
				continue
			}
			chain := strings.ToLower(string(way.kind)) + "-" + strings.ReplaceAll(pod.Status.PodIP, ".", "-")
			fmt.Fprintf(&chains, "chain %s {\nip %s %s return\n%sdrop\n}\n", chain, way.peer, pod.Status.PodIP, allowed)
			jumps = append(jumps, pod.Status.PodIP+" : jump "+chain)
		}
		if len(jumps) > 0 {
			fmt.Fprintf(&hooks, "ip %s vmap { %s }\n", way.own, strings.Join(jumps, ", "))
		}
	}
	// named first, so that there is one to delete; the change is made at once
	return "table ip kept\ndelete table ip kept\ntable ip kept {\n" + chains.String() +
		"chain forward {\ntype filter hook forward priority 0; policy accept;\nct state established,related accept\n" + hooks.String() + "}\n}\n"
}

// allowed is what the policies that isolate the Pod in this direction let through, together.
func (s State) allowed(pod *core.Pod, way direction) (text string, isolated bool) {
	var lines strings.Builder
	for _, p := range s.Policies {
		if p.Namespace != pod.Namespace || !slices.Contains(p.Spec.PolicyTypes, way.kind) || !matches(&p.Spec.PodSelector, pod.Labels) {
			continue
		}
		isolated = true
		if way.kind == networking.PolicyTypeIngress {
			for _, in := range p.Spec.Ingress {
				s.allow(&lines, way, pod, rule{in.From, in.Ports})
			}
		} else {
			for _, out := range p.Spec.Egress {
				s.allow(&lines, way, pod, rule{out.To, out.Ports})
			}
		}
	}
	return lines.String(), isolated
}
