package check

import (
	"testing"

	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// secrets are those that README.md says how to make, with their keys.
var secrets = map[string][]string{
	"kept-keys":  {"keys.json", "link-keys.json"},
	"kept-redis": {"url", "password"}, "kept-smtp": {"url"},
	"kept-postgres":          {"postgres", "customer", "order", "loyalty", "notification", "support"},
	"kept-database-customer": {"url"}, "kept-database-order": {"url"}, "kept-database-loyalty": {"url"},
	"kept-database-notification": {"url"}, "kept-database-support": {"url"},
	"kept-tls-customer": certificate, "kept-tls-order": certificate, "kept-tls-loyalty": certificate,
	"kept-tls-notification": certificate, "kept-tls-support": certificate, "kept-tls-gateway": certificate,
}

var certificate = []string{"tls.crt", "tls.key", "ca.crt"}

// TestWhatPodsReferToIsThere looks for maps, keys, secrets, volumes and accounts, of which the API server knows nothing.
func TestWhatPodsReferToIsThere(t *testing.T) {
	eachOverlay(t, func(t *testing.T, o *overlay) {
		used := map[string]bool{}
		for _, w := range o.workloads {
			require.True(t, o.accounts[w.pod.Spec.ServiceAccountName], "%s runs as %q", w.name, w.pod.Spec.ServiceAccountName)
			used["account/"+w.pod.Spec.ServiceAccountName] = true
			volumes := map[string]bool{}
			for _, v := range w.pod.Spec.Volumes {
				volumes[v.Name] = false
				if v.ConfigMap != nil {
					require.Contains(t, o.maps, v.ConfigMap.Name, w.name)
					used["map/"+v.ConfigMap.Name] = true
				}
				if v.Secret != nil {
					require.Contains(t, secrets, v.Secret.SecretName, w.name)
				}
			}
			for _, c := range w.pod.Spec.Containers {
				for _, m := range c.VolumeMounts {
					require.Contains(t, volumes, m.Name, "%s mounts it", w.name)
					volumes[m.Name] = true
				}
				for name := range o.environment(t, w, c) {
					used["map/"+name] = true
				}
			}
			for name, mounted := range volumes {
				require.True(t, mounted, "%s has a volume %s that nobody mounts", w.name, name)
			}
		}
		for name, m := range o.maps {
			dashboards := m.Labels["grafana_dashboard"] != ""
			require.True(t, used["map/"+name] || dashboards, "the map %s is used by nobody", name)
		}
		for name := range o.accounts {
			require.True(t, used["account/"+name], "the account %s is used by nobody", name)
		}
	})
}

// environment checks what the container's environment comes from, and returns the maps.
func (o *overlay) environment(t *testing.T, w workload, c core.Container) map[string]core.ConfigMap {
	t.Helper()
	maps := map[string]core.ConfigMap{}
	for _, from := range c.EnvFrom {
		require.NotNil(t, from.ConfigMapRef, "%s: secrets are referred to one by one", w.name)
		require.Contains(t, o.maps, from.ConfigMapRef.Name, w.name)
		maps[from.ConfigMapRef.Name] = o.maps[from.ConfigMapRef.Name]
	}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			continue
		}
		if ref := e.ValueFrom.SecretKeyRef; ref != nil {
			require.Contains(t, secrets[ref.Name], ref.Key, "%s refers to %s of %s", w.name, ref.Key, ref.Name)
		}
		if ref := e.ValueFrom.ConfigMapKeyRef; ref != nil {
			require.Contains(t, o.maps[ref.Name].Data, ref.Key, w.name)
			maps[ref.Name] = o.maps[ref.Name]
		}
	}
	return maps
}

// TestPortsLeadSomewhere follows probes, Services and policies to the containers' ports.
func TestPortsLeadSomewhere(t *testing.T) {
	eachOverlay(t, func(t *testing.T, o *overlay) {
		for _, w := range o.workloads {
			for _, c := range w.pod.Spec.Containers {
				for _, probe := range []*core.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
					if port := probed(probe); port != nil {
						require.True(t, has(c, *port), "%s is probed on %s", w.name, port)
					}
				}
			}
		}
		for _, s := range o.services {
			pods := o.selected(t, &meta.LabelSelector{MatchLabels: s.Spec.Selector})
			require.NotEmpty(t, pods, "Service %s selects nothing", s.Name)
			for _, port := range s.Spec.Ports {
				for _, w := range pods {
					require.True(t, has(w.pod.Spec.Containers[0], port.TargetPort), "%s: %s has no port %s", s.Name, w.name, &port.TargetPort)
				}
			}
		}
	})
}

func probed(p *core.Probe) *intstr.IntOrString {
	switch {
	case p == nil:
		return nil
	case p.GRPC != nil:
		port := intstr.FromInt32(p.GRPC.Port)
		return &port
	case p.HTTPGet != nil:
		return &p.HTTPGet.Port
	case p.TCPSocket != nil:
		return &p.TCPSocket.Port
	}
	return nil
}

func has(c core.Container, port intstr.IntOrString) bool {
	for _, p := range c.Ports {
		if port.Type == intstr.String && p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal {
			return true
		}
	}
	return false
}

// selected are the workloads whose Pods the selector takes.
func (o *overlay) selected(t *testing.T, s *meta.LabelSelector) (found []workload) {
	t.Helper()
	selector, err := meta.LabelSelectorAsSelector(s)
	require.NoError(t, err)
	for _, w := range o.workloads {
		if selector.Matches(labels.Set(w.pod.Labels)) {
			found = append(found, w)
		}
	}
	return found
}

// TestEveryProcessIsHardenedAndScaled: budgets and autoscalers have targets, and each of our processes has all of them.
func TestEveryProcessIsHardenedAndScaled(t *testing.T) {
	eachOverlay(t, func(t *testing.T, o *overlay) {
		budgets, scalers := map[string]bool{}, map[string]bool{}
		for _, b := range o.budgets {
			pods := o.selected(t, b.Spec.Selector)
			require.Len(t, pods, 1, "the budget %s", b.Name)
			budgets[pods[0].name] = true
		}
		for _, s := range o.scalers {
			scalers[s.Spec.ScaleTargetRef.Name] = true
		}
		for _, w := range o.workloads {
			c := w.pod.Spec.Containers[0]
			require.NotNil(t, c.Resources.Limits.Memory(), w.name)
			require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, w.name)
			require.False(t, *w.pod.Spec.AutomountServiceAccountToken, w.name)
			require.False(t, *w.pod.Spec.EnableServiceLinks, w.name)
			if w.kind != "Deployment" || program(c) == "" {
				continue
			}
			require.True(t, budgets[w.name], "%s has no budget", w.name)
			require.True(t, scalers[w.name], "%s has no autoscaler", w.name)
			require.NotNil(t, c.Lifecycle.PreStop.Sleep, w.name)
			for what, probe := range map[string]*core.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
				require.NotNil(t, probe.GRPC, "%s %s", w.name, what)
			}
			require.NotEmpty(t, w.pod.Spec.TopologySpreadConstraints, w.name)
		}
	})
}
