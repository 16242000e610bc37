package check

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestResourcesOfOthersAreSound reads what the API server does not know strictly as its own types.
func TestResourcesOfOthersAreSound(t *testing.T) {
	read := 0
	for _, o := range build(t, "production").objects {
		group := o.GroupVersionKind().Group
		read++
		switch group + " " + o.GetKind() {
		case "cert-manager.io Certificate":
			as[certmanager.Certificate](t, o)
		case "cert-manager.io Issuer":
			as[certmanager.Issuer](t, o)
		case "monitoring.coreos.com PodMonitor":
			as[monitoring.PodMonitor](t, o)
		case "monitoring.coreos.com PrometheusRule":
			as[monitoring.PrometheusRule](t, o)
		default:
			read--
			require.False(t, foreign(o), "%s of %s is not checked", o.GetKind(), group)
		}
	}
	require.Positive(t, read)
}

// foreign tells whether the test's API server knows nothing of the object's kind.
func foreign(o unstructured.Unstructured) bool {
	group := o.GroupVersionKind().Group
	return strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io") && group != "gateway.networking.k8s.io"
}

var documented = regexp.MustCompile("(?m)^\\| `(kept_[a-z_]+)` \\|")

// metrics are the names that METRICS.md has, which a test of the suite compares with what is exported.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "k8s/METRICS.md"))
	require.NoError(t, err)
	names := map[string]bool{"process_resident_memory_bytes": true}
	for _, match := range documented.FindAllStringSubmatch(string(text), -1) {
		names[match[1]] = true
	}
	require.Greater(t, len(names), 10)
	return names
}

// requireMetrics wants an expression that Prometheus understands, of metrics that exist.
func requireMetrics(t *testing.T, names map[string]bool, expression string) {
	t.Helper()
	parsed, err := parser.ParseExpr(expression)
	require.NoError(t, err, expression)
	found := 0
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			name := selector.Name
			for _, m := range selector.LabelMatchers {
				if m.Name == labels.MetricName {
					name = m.Value
				}
			}
			base := name
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				base = strings.TrimSuffix(base, suffix)
			}
			require.True(t, names[name] || names[base], "there is no metric %s", name)
			found++
		}
		return nil
	})
	require.Positive(t, found, expression)
}

// TestAlertsAskForWhatExistsAndSayWhatToDo: metrics that are exported, and runbooks that are in README.md.
func TestAlertsAskForWhatExistsAndSayWhatToDo(t *testing.T) {
	names := metrics(t)
	readme, err := os.ReadFile(filepath.Join(root, "k8s/README.md"))
	require.NoError(t, err)
	anchors := map[string]bool{}
	for line := range strings.Lines(string(readme)) {
		if strings.HasPrefix(line, "#") {
			title := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
			anchors[strings.ReplaceAll(title, " ", "-")] = true
		}
	}
	alerts := 0
	for _, o := range build(t, "production").objects {
		if o.GetKind() != "PrometheusRule" {
			continue
		}
		for _, group := range as[monitoring.PrometheusRule](t, o).Spec.Groups {
			for _, rule := range group.Rules {
				requireMetrics(t, names, rule.Expr.String())
				_, anchor, _ := strings.Cut(rule.Annotations["runbook_url"], "#")
				require.True(t, anchors[anchor], "%s: README.md has no heading %q", rule.Alert, anchor)
				alerts++
			}
		}
	}
	require.Positive(t, alerts)
}

// TestDashboardsShowWhatExists parses every panel's expressions.
func TestDashboardsShowWhatExists(t *testing.T) {
	names := metrics(t)
	files, err := filepath.Glob(filepath.Join(root, "k8s/components/monitoring/dashboards/*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var board struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		require.NoError(t, json.Unmarshal(text, &board), file)
		require.NotEmpty(t, board.Panels)
		for _, panel := range board.Panels {
			require.NotEmpty(t, panel.Targets, panel.Title)
			for _, target := range panel.Targets {
				requireMetrics(t, names, target.Expr)
			}
		}
	}
}
