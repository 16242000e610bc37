package check

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	yamls "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// root is the repository.
const root = "../.."

// overlays are what can be deployed.
var overlays = []string{"dev", "embedded", "production"}

// eachOverlay runs the test on every overlay as it is built.
func eachOverlay(t *testing.T, test func(t *testing.T, o *overlay)) {
	for _, name := range overlays {
		t.Run(name, func(t *testing.T) { test(t, build(t, name)) })
	}
}

// overlay is what a deployment consists of.
type overlay struct {
	name      string
	objects   []unstructured.Unstructured
	workloads []workload
	services  []core.Service
	policies  []networking.NetworkPolicy
	budgets   []policy.PodDisruptionBudget
	scalers   []autoscaling.HorizontalPodAutoscaler
	maps      map[string]core.ConfigMap
	accounts  map[string]bool
}

// workload is what makes Pods.
type workload struct {
	kind, name string
	pod        core.PodTemplateSpec
}

func build(t *testing.T, name string) *overlay {
	t.Helper()
	o := &overlay{name: name, maps: map[string]core.ConfigMap{}, accounts: map[string]bool{}}
	files, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(root, "k8s/overlays", name))
	require.NoError(t, err)
	text, err := files.AsYaml()
	require.NoError(t, err)
	o.objects = parse(t, bytes.NewReader(text))
	for _, object := range o.objects {
		o.take(t, object)
	}
	return o
}

func parse(t *testing.T, text io.Reader) (objects []unstructured.Unstructured) {
	t.Helper()
	decoder := yamls.NewYAMLOrJSONDecoder(text, 4096)
	for {
		var object unstructured.Unstructured
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		require.NoError(t, err)
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// example reads a file of objects that are not part of an overlay.
func example(t *testing.T, path string) []unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return parse(t, bytes.NewReader(text))
}

// as reads the object as its type, strictly: a field that the type does not have is an error.
func as[T any](t *testing.T, object unstructured.Unstructured) T {
	t.Helper()
	var out T
	err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &out, true)
	require.NoError(t, err, "%s %s", object.GetKind(), object.GetName())
	return out
}

func (o *overlay) take(t *testing.T, object unstructured.Unstructured) {
	t.Helper()
	name := object.GetName()
	switch object.GetKind() {
	case "Deployment":
		o.workloads = append(o.workloads, workload{"Deployment", name, as[apps.Deployment](t, object).Spec.Template})
	case "StatefulSet":
		set := as[apps.StatefulSet](t, object)
		for _, claim := range set.Spec.VolumeClaimTemplates {
			set.Spec.Template.Spec.Volumes = append(set.Spec.Template.Spec.Volumes, core.Volume{Name: claim.Name})
		}
		o.workloads = append(o.workloads, workload{"StatefulSet", name, set.Spec.Template})
	case "Job":
		o.workloads = append(o.workloads, workload{"Job", name, as[batch.Job](t, object).Spec.Template})
	case "CronJob":
		o.workloads = append(o.workloads, workload{"CronJob", name, as[batch.CronJob](t, object).Spec.JobTemplate.Spec.Template})
	case "Service":
		o.services = append(o.services, as[core.Service](t, object))
	case "NetworkPolicy":
		o.policies = append(o.policies, as[networking.NetworkPolicy](t, object))
	case "PodDisruptionBudget":
		o.budgets = append(o.budgets, as[policy.PodDisruptionBudget](t, object))
	case "HorizontalPodAutoscaler":
		o.scalers = append(o.scalers, as[autoscaling.HorizontalPodAutoscaler](t, object))
	case "ConfigMap":
		o.maps[name] = as[core.ConfigMap](t, object)
	case "ServiceAccount":
		o.accounts[name] = true
		require.False(t, *as[core.ServiceAccount](t, object).AutomountServiceAccountToken, name)
	}
}

// program is the name of the program that the container runs, or "" for one that is not ours.
func program(c core.Container) string {
	_, name, ok := strings.Cut(c.Image, "kept/")
	name, _, _ = strings.Cut(name, ":")
	if !ok || slices.Contains([]string{"postgres", "redis", "mailsink", "backup"}, name) {
		return ""
	}
	return name
}
