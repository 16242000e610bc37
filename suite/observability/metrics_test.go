package observability

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/scenario"
)

var update = flag.Bool("update", false, "write the page of metrics anew")

const metricsPage = "../../k8s/METRICS.md"

// compareMetrics plays stories in both shapes and compares what every process exports with the page for those who run it.
func compareMetrics(t *testing.T, m *mesh) {
	seen := catalogue{}
	w := watch(t)
	runStory(t, w.env)
	seen.take(t, "kept", w.metrics())
	runStory(t, m.env)
	for name := range m.admin {
		seen.take(t, name, m.metrics(t, name))
	}
	for name, metric := range seen {
		require.NotEmpty(t, metric.help, "%s has to say what it is", name)
		for label, values := range metric.labels {
			possible, known := valuesOf(name, label)
			require.True(t, known, "which values has the label %s of %s?", label, name)
			for value := range values {
				require.True(t, possible.allow(value), "%s has %s=%q", name, label, value)
			}
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(metricsPage, []byte(seen.page()), 0o644))
	}
	page, err := os.ReadFile(metricsPage)
	require.NoError(t, err)
	require.Equal(t, string(page), seen.page(), "go test ./suite/observability -run TestDistributed/metrics -update")
}

// play has what is measured happen: promises kept and broken, mails, streams.
func runStory(t *testing.T, env scenario.Environment) {
	t.Helper()
	for _, story := range []scenario.Story{{Number: "S07", Run: scenario.S07}, {Number: "S10", Run: scenario.S10}} {
		_, err := scenario.Run(t.Context(), env, story)
		require.NoError(t, err, story.Number)
	}
}
