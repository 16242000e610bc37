package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var services = []string{"customer", "loyalty", "notification", "order", "support"}

// called are the edges that the code has: from each service to those whose connection it asks for, and from the gateway to all.
func called(t *testing.T) (edges []string) {
	t.Helper()
	for _, service := range services {
		edges = append(edges, "gateway -> "+service)
		folder := filepath.Join(root, "services", service)
		require.NoError(t, filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			for _, to := range peersIn(t, path) {
				edges = append(edges, service+" -> "+to)
			}
			return nil
		}))
	}
	slices.Sort(edges)
	return slices.Compact(edges)
}

// peersIn are the services named in calls of peer("…") in the file. A name that is no literal is one that this test can't see.
func peersIn(t *testing.T, path string) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		function, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || function.Sel.Name != "peer" && function.Sel.Name != "Peer" {
			return true
		}
		literal, ok := call.Args[0].(*ast.BasicLit)
		require.True(t, ok, "%s calls a peer that is not named by a literal", path)
		name, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		names = append(names, name)
		return true
	})
	return names
}

// TestPoliciesAllowWhatTheCodeCallsAndNothingElse compares the edges of gRPC that both sides of the policies allow.
func TestPoliciesAllowWhatTheCodeCallsAndNothingElse(t *testing.T) {
	for _, name := range []string{"dev", "production"} {
		t.Run(name, func(t *testing.T) {
			o := build(t, name)
			var out, in []string
			for _, p := range o.policies {
				if p.Name == "sandbox-clock" { // every process moves every other's clock, where there is a sandbox
					continue
				}
				selected := o.names(t, p)
				for _, rule := range p.Spec.Egress {
					out = append(out, o.edges(t, selected, rule.To, rule.Ports, false)...)
				}
				for _, rule := range p.Spec.Ingress {
					in = append(in, o.edges(t, selected, rule.From, rule.Ports, true)...)
				}
			}
			require.Equal(t, called(t), sorted(out), "what may be called")
			require.Equal(t, called(t), sorted(in), "by whom one may be called")
		})
	}
}

func sorted(edges []string) []string {
	slices.Sort(edges)
	return slices.Compact(edges)
}

func (o *overlay) names(t *testing.T, p networking.NetworkPolicy) (names []string) {
	t.Helper()
	for _, w := range o.selected(t, &p.Spec.PodSelector) {
		names = append(names, w.name)
	}
	require.NotEmpty(t, names, "the policy %s is about nobody", p.Name)
	return names
}

// edges are those of the rule that lead to the port of gRPC; inward tells that the peers are those who call.
func (o *overlay) edges(t *testing.T, of []string, peers []networking.NetworkPolicyPeer, ports []networking.NetworkPolicyPort, inward bool) (edges []string) {
	t.Helper()
	grpc := slices.ContainsFunc(ports, func(p networking.NetworkPolicyPort) bool { return *p.Port == intstr.FromString("grpc") })
	for _, peer := range peers {
		if peer.PodSelector == nil || peer.NamespaceSelector != nil {
			continue
		}
		others := o.selected(t, peer.PodSelector)
		require.NotEmpty(t, others, "a policy for %v names nobody at the other end", of)
		for _, one := range of {
			for _, other := range others {
				from, to := one, other.name
				if inward {
					from, to = to, from
				}
				if grpc {
					edges = append(edges, from+" -> "+to)
				}
			}
		}
	}
	return edges
}

// TestEveryNamespaceDeniesByDefault: a Pod that no other policy selects may do nothing.
func TestEveryNamespaceDeniesByDefault(t *testing.T) {
	eachOverlay(t, func(t *testing.T, o *overlay) {
		require.True(t, slices.ContainsFunc(o.policies, func(p networking.NetworkPolicy) bool {
			all := len(p.Spec.PodSelector.MatchLabels)+len(p.Spec.PodSelector.MatchExpressions) == 0
			return all && len(p.Spec.PolicyTypes) == 2 && len(p.Spec.Ingress)+len(p.Spec.Egress) == 0
		}))
	})
}
