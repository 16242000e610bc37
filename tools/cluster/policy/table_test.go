package policy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func pod(namespace, name, ip, node string, port int32) *core.Pod {
	return &core.Pod{
		ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
		Spec: core.PodSpec{NodeName: node, Containers: []core.Container{
			{Ports: []core.ContainerPort{{Name: "http", ContainerPort: port, Protocol: core.ProtocolTCP}}},
		}},
		Status: core.PodStatus{PodIP: ip, Phase: core.PodRunning},
	}
}

func selector(app string) *meta.LabelSelector {
	return &meta.LabelSelector{MatchLabels: map[string]string{"app": app}}
}

func policies(specs ...networking.NetworkPolicySpec) (out []*networking.NetworkPolicy) {
	for _, spec := range specs {
		out = append(out, &networking.NetworkPolicy{ObjectMeta: meta.ObjectMeta{Namespace: "kept"}, Spec: spec})
	}
	return out
}

func ports(port intstr.IntOrString) []networking.NetworkPolicyPort {
	return []networking.NetworkPolicyPort{{Port: &port}}
}

func state(specs ...networking.NetworkPolicySpec) State {
	return State{
		Pods: []*core.Pod{
			pod("kept", "shop", "10.244.1.2", "node-1", 8080), pod("kept", "order", "10.244.1.3", "node-1", 9000),
			pod("kept", "loyalty", "10.244.2.2", "node-2", 9001), pod("other", "order", "10.244.2.3", "node-2", 9002),
		},
		Namespaces: map[string]labels.Set{"kept": {"team": "kept"}, "other": {"team": "other"}},
		Policies:   policies(specs...),
	}
}

// chain is what a chain of the table says.
func chain(t *testing.T, table, name string) []string {
	_, rest, found := strings.Cut(table, "chain "+name+" {\n")
	require.True(t, found, table)
	body, _, _ := strings.Cut(rest, "}\n")
	return strings.Split(strings.TrimSpace(body), "\n")
}

func TestTable(t *testing.T) {
	type peer = networking.NetworkPolicyPeer
	ingress, egress := []networking.PolicyType{networking.PolicyTypeIngress}, []networking.PolicyType{networking.PolicyTypeEgress}
	from := func(ports []networking.NetworkPolicyPort, peers ...networking.NetworkPolicyPeer) networking.NetworkPolicySpec {
		return networking.NetworkPolicySpec{PodSelector: *selector("order"), PolicyTypes: ingress,
			Ingress: []networking.NetworkPolicyIngressRule{{From: peers, Ports: ports}}}
	}
	to := func(ports []networking.NetworkPolicyPort, peers ...networking.NetworkPolicyPeer) networking.NetworkPolicySpec {
		return networking.NetworkPolicySpec{PodSelector: *selector("order"), PolicyTypes: egress,
			Egress: []networking.NetworkPolicyEgressRule{{To: peers, Ports: ports}}}
	}
	everywhere, other := &meta.LabelSelector{}, &meta.LabelSelector{MatchLabels: map[string]string{"team": "other"}}
	for name, c := range map[string]struct {
		spec networking.NetworkPolicySpec
		want []string // between what a Pod sends to itself and the rest, which is dropped
	}{
		"nothing": {networking.NetworkPolicySpec{PodSelector: *everywhere, PolicyTypes: ingress}, nil},
		"anyone":  {from(nil), []string{"return"}},
		"anyone at a port": {from(ports(intstr.FromString("http"))), []string{
			"ip saddr 10.244.1.2 tcp dport 9000 return", "ip saddr 10.244.1.3 tcp dport 9000 return",
			"ip saddr 10.244.2.2 tcp dport 9000 return", "ip saddr 10.244.2.3 tcp dport 9000 return", "tcp dport 9000 return",
		}},
		"pods of its own": {from(nil, peer{PodSelector: selector("loyalty")}), []string{"ip saddr 10.244.2.2 return"}},
		"pods of others":  {from(nil, peer{NamespaceSelector: other}), []string{"ip saddr 10.244.2.3 return"}},
		"pods of all": {from(nil, peer{NamespaceSelector: everywhere, PodSelector: selector("order")}),
			[]string{"ip saddr 10.244.1.3 return", "ip saddr 10.244.2.3 return"}},
		"a block": {from(nil, peer{IPBlock: &networking.IPBlock{CIDR: "10.0.0.0/8", Except: []string{"10.1.0.0/16"}}}),
			[]string{"ip saddr 10.0.0.0/8 ip saddr != { 10.1.0.0/16 } return"}},
		"a receiver's name": {to(ports(intstr.FromString("http")), peer{PodSelector: selector("loyalty")}),
			[]string{"ip daddr 10.244.2.2 tcp dport 9001 return"}},
		"a number":        {to(ports(intstr.FromInt32(53))), []string{"tcp dport 53 return"}},
		"an unknown name": {to(ports(intstr.FromString("grpc"))), nil},
	} {
		t.Run(name, func(t *testing.T) {
			table := state(c.spec).Table("node-1")
			name, side := "ingress-10-244-1-3", "saddr"
			if len(c.spec.Egress) > 0 {
				name, side = "egress-10-244-1-3", "daddr"
			}
			want := append(append([]string{"ip " + side + " 10.244.1.3 return"}, c.want...), "drop")
			require.Equal(t, want, chain(t, table, name))
			require.NotContains(t, table, "chain ingress-10-244-2", "the other node's business")
		})
	}
}

func TestNoPolicyIsolatesNobody(t *testing.T) {
	require.NotContains(t, state().Table("node-1"), "drop")
}
