package tlsconf

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestExpiryIsSeenAndFollowsRotation(t *testing.T) {
	dir := t.TempDir()
	s, w := newSource(t, dir)
	reader := sdkmetric.NewManualReader()
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	require.NoError(t, s.Observe(meters.Meter("t")))
	seen := func() float64 {
		var all metricdata.ResourceMetrics
		require.NoError(t, reader.Collect(t.Context(), &all))
		return all.ScopeMetrics[0].Metrics[0].Data.(metricdata.Gauge[float64]).DataPoints[0].Value
	}
	require.EqualValues(t, s.get().cert.Leaf.NotAfter.Unix(), seen())
	require.InDelta(t, time.Now().Add(devLife).Unix(), seen(), 60)

	s.get().cert.Leaf.NotAfter = time.Unix(1, 0) // so that the next differs, within the same second
	require.EqualValues(t, 1, seen())
	_, err := DevCA(dir)
	require.NoError(t, err)
	w.pass()
	require.InDelta(t, time.Now().Add(devLife).Unix(), seen(), 60)
	require.NoError(t, (*Source)(nil).Observe(meters.Meter("none")))
}
