package check

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// patience is how long controllers and a scheduler may take for what involves no container.
const patience = 2 * time.Minute

// kubectl runs it against the control plane that `make k8s-check` has started, and returns what it says.
func kubectl(t *testing.T, input string, args ...string) string {
	t.Helper()
	out, err := try(t, input, args...)
	require.NoError(t, err, out)
	return out
}

func try(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	require.NotEmpty(t, os.Getenv("KUBECONFIG"), "these tests need a control plane: make k8s-check")
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "kubectl", args...) // also when the test is over, to tidy up
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// apply applies the objects as strictly as the server can: unknown fields are errors, and so are its warnings, such as that of a Pod
// that its namespace would not admit.
func apply(t *testing.T, objects []unstructured.Unstructured, args ...string) {
	t.Helper()
	var text bytes.Buffer
	for _, o := range objects {
		raw, err := yaml.Marshal(o.Object)
		require.NoError(t, err)
		text.WriteString("---\n")
		text.Write(raw)
	}
	kubectl(t, text.String(), append([]string{"apply", "--server-side", "--validate=strict", "--warnings-as-errors", "-f", "-"}, args...)...)
}

// ours are the objects that the server knows, the namespace apart, which has to be there first.
func ours(o *overlay) (namespace, rest []unstructured.Unstructured) {
	for _, object := range o.objects {
		switch {
		case foreign(object):
		case object.GetKind() == "Namespace":
			namespace = append(namespace, object)
		default:
			rest = append(rest, object)
		}
	}
	return namespace, rest
}

// deploy applies the overlay, and takes it away with the test.
func deploy(t *testing.T, name string) *overlay {
	t.Helper()
	o := build(t, name)
	namespace, rest := ours(o)
	apply(t, namespace)
	t.Cleanup(func() { kubectl(t, "", "delete", "namespace", "kept", "--timeout=60s") })
	apply(t, rest)
	return o
}

func list[T any](t *testing.T, args ...string) []T {
	t.Helper()
	var found struct{ Items []T }
	require.NoError(t, json.Unmarshal([]byte(kubectl(t, "", append([]string{"-n", "kept", "get", "-o", "json"}, args...)...)), &found))
	return found.Items
}

// TestServerTakesEveryOverlay, and every Deployment's Pods come up on nodes in different zones.
func TestServerTakesEveryOverlay(t *testing.T) {
	for _, name := range overlays {
		t.Run(name, func(t *testing.T) {
			o := deploy(t, name)
			for _, w := range o.workloads {
				if w.kind == "Deployment" || w.kind == "StatefulSet" {
					kubectl(t, "", "-n", "kept", "rollout", "status", "--timeout=120s", strings.ToLower(w.kind)+"/"+w.name)
				}
			}
			for _, s := range o.scalers {
				require.Eventually(t, func() bool { return len(zones(t, s.Name)) >= int(min(3, *s.Spec.MinReplicas)) }, patience, 500*time.Millisecond,
					"zones of %s", s.Name)
			}
		})
	}
}

// zones are those that the process's Pods run in.
func zones(t *testing.T, name string) (found []string) {
	t.Helper()
	for _, pod := range list[core.Pod](t, "pods", "-l", "app.kubernetes.io/name="+name) {
		if pod.Status.Phase == core.PodRunning && pod.DeletionTimestamp == nil {
			found = append(found, pod.Spec.NodeName) // each node is a zone
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// TestExamplesAreTaken applies what is shown beside the production overlay.
func TestExamplesAreTaken(t *testing.T) {
	o := build(t, "production")
	namespace, _ := ours(o)
	apply(t, namespace)
	t.Cleanup(func() { kubectl(t, "", "delete", "namespace", "kept", "--timeout=60s") })
	apply(t, example(t, "k8s/overlays/production/examples/redis-cluster.yaml"))
	apply(t, example(t, "k8s/overlays/production/examples/restore.yaml"))

	crds := filepath.Join(module(t, "github.com/cloudnative-pg/cloudnative-pg@v1.27.0"), "config/crd/bases")
	kubectl(t, "", "apply", "--server-side", "-f", crds)
	kubectl(t, "", "wait", "--for=condition=Established", "--timeout=30s", "-f", crds)
	apply(t, example(t, "k8s/overlays/production/examples/cloudnative-pg.yaml"))
}

// module is the folder of a module's files, which need not be compiled.
func module(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", name).Output()
	require.NoError(t, err, string(out))
	var got struct{ Dir string }
	require.NoError(t, json.Unmarshal(out, &got))
	return got.Dir
}

// TestADrainTakesOneReplicaAtATime: with no other node to go to, the second replica of a process has to wait for the first.
func TestADrainTakesOneReplicaAtATime(t *testing.T) {
	o := deploy(t, "dev")
	for _, s := range o.scalers {
		require.Eventually(t, func() bool { return len(zones(t, s.Name)) >= 2 }, patience, 500*time.Millisecond, s.Name)
	}
	for _, b := range list[policy.PodDisruptionBudget](t, "poddisruptionbudgets") {
		require.Eventually(t, func() bool { return allowed(t, b.Name) == 1 }, patience, 500*time.Millisecond, "disruptions of %s", b.Name)
	}
	kubectl(t, "", "cordon", "node-1", "node-2", "node-3")
	t.Cleanup(func() { kubectl(t, "", "uncordon", "node-1", "node-2", "node-3") })
	pods := list[core.Pod](t, "pods", "-l", "app.kubernetes.io/name=order")
	require.GreaterOrEqual(t, len(pods), 2)
	require.NoError(t, evict(t, pods[0].Name))
	require.Eventually(t, func() bool { return allowed(t, "order") == 0 }, patience, 100*time.Millisecond)
	require.ErrorContains(t, evict(t, pods[1].Name), "exit status")
	kubectl(t, "", "uncordon", "node-1", "node-2", "node-3")
	require.Eventually(t, func() bool { return evict(t, pods[1].Name) == nil }, patience, 500*time.Millisecond, "once the first is back")
}

func allowed(t *testing.T, budget string) int32 {
	t.Helper()
	for _, b := range list[policy.PodDisruptionBudget](t, "poddisruptionbudgets") {
		if b.Name == budget {
			return b.Status.DisruptionsAllowed
		}
	}
	return -1
}

// evict asks as `kubectl drain` does.
func evict(t *testing.T, pod string) error {
	t.Helper()
	eviction := `{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"namespace": "kept", "name": "` + pod + `"}}`
	_, err := try(t, eviction, "create", "--raw", "/api/v1/namespaces/kept/pods/"+pod+"/eviction", "-f", "-")
	return err
}

// TestAPodThatIsNotRestrictedIsRefused: warnings are errors here, or the tests above would prove nothing.
func TestAPodThatIsNotRestrictedIsRefused(t *testing.T) {
	o := build(t, "dev")
	namespace, rest := ours(o)
	apply(t, namespace)
	t.Cleanup(func() { kubectl(t, "", "delete", "namespace", "kept", "--timeout=60s") })
	for _, object := range rest {
		if object.GetKind() != "Deployment" || object.GetName() != "order" {
			continue
		}
		spec, _, err := unstructured.NestedMap(object.Object, "spec", "template", "spec")
		require.NoError(t, err)
		delete(spec, "securityContext")
		require.NoError(t, unstructured.SetNestedMap(object.Object, spec, "spec", "template", "spec"))
		raw, err := yaml.Marshal(object.Object)
		require.NoError(t, err)
		out, err := try(t, string(raw), "apply", "--server-side", "--validate=strict", "--warnings-as-errors", "-f", "-")
		require.Error(t, err)
		require.Contains(t, out, "restricted")
		return
	}
	require.Fail(t, "there is no Deployment order")
}
