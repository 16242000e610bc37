package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

func TestEveryNodeHasItsVolumes(t *testing.T) {
	text, err := fill("volumes.yaml", struct{ Volumes []volume }{allVolumes()})
	require.NoError(t, err)
	on := map[string]int{}
	for document := range strings.SplitSeq(text, "\n---\n") {
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(document), nil, nil)
		require.NoError(t, err)
		if v, ok := object.(*core.PersistentVolume); ok {
			on[v.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values[0]]++
		}
	}
	require.Equal(t, map[string]int{"node-1": volumes, "node-2": volumes}, on)
}

func TestSettingsNeedAllTheirValues(t *testing.T) {
	_, err := fill("kubelet.yaml", map[string]string{})
	require.ErrorContains(t, err, "no entry for key")
}

func TestOnlyNodesThatThereAre(t *testing.T) {
	c := &cluster{cache: "/cache"}
	for _, name := range []string{"node-0", "node-3", "node-", "one"} {
		_, err := c.node(name)
		require.Error(t, err, name)
	}
	n, err := c.node("node-2")
	require.NoError(t, err)
	require.Equal(t, "10.89.0.12 10.244.2.0/24 node-2", n.ip()+" "+n.pods()+" "+n.name())
}
