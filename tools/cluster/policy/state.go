// Package policy makes of NetworkPolicies (IPv4) an nftables table that filters what a node's Pods send and get.
package policy

import (
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// State is what there is in the cluster.
type State struct {
	Pods       []*core.Pod // that have an address of their own
	Namespaces map[string]labels.Set
	Policies   []*networking.NetworkPolicy
}

// Addressed tells whether the Pod has an address that is its own, and still is: that of a Pod that is done goes to another.
func Addressed(pod *core.Pod) bool {
	done := pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed
	return !pod.Spec.HostNetwork && !done && pod.Status.PodIP != ""
}

// selected are the Pods that a peer of a policy in the namespace stands for.
func (s State) selected(namespace string, peer networking.NetworkPolicyPeer) (pods []*core.Pod) {
	for _, pod := range s.Pods {
		inside := pod.Namespace == namespace
		if peer.NamespaceSelector != nil {
			inside = matches(peer.NamespaceSelector, s.Namespaces[pod.Namespace])
		}
		if inside && (peer.PodSelector == nil || matches(peer.PodSelector, pod.Labels)) {
			pods = append(pods, pod)
		}
	}
	return pods
}

func matches(selector *meta.LabelSelector, set labels.Set) bool {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(set) // the API server refuses those that can't be parsed
}
