package app_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"kept.dev/kit/app"
)

// readable is what a scrape says of each file of keys.
func readable(t *testing.T, reader sdk.Reader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	out := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			require.Equal(t, "kept_keys_readable", m.Name)
			for _, point := range m.Data.(metricdata.Gauge[int64]).DataPoints {
				which, _ := point.Attributes.Value("keys")
				out[which.AsString()] = point.Value
			}
		}
	}
	return out
}

func TestMetricsTellWhichKeysCannotBeRead(t *testing.T) {
	folder, reader := t.TempDir(), sdk.NewManualReader()
	_, err := app.OpenKeys(folder, sdk.NewMeterProvider(sdk.WithReader(reader)))
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"tokens": 1, "links": 1}, readable(t, reader))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "link-keys.json"), []byte("{"), 0o600))
	require.Eventually(t, func() bool { return readable(t, reader)["links"] == 0 }, 10*time.Second, 100*time.Millisecond)
	require.Equal(t, map[string]int64{"tokens": 1, "links": 0}, readable(t, reader))
}
