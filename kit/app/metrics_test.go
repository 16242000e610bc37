package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"kept.dev/kit"
	"kept.dev/kit/bus"
)

// laggard is a bus on which so much waits, or that does not answer.
type laggard struct {
	bus.Bus
	pending func(ctx context.Context, consumer string) (int64, error)
}

func (l laggard) Pending(ctx context.Context, consumer string) (int64, error) {
	return l.pending(ctx, consumer)
}

func lagSeen(t *testing.T, pending func(ctx context.Context, consumer string) (int64, error)) (*metricdata.ResourceMetrics, error) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("t")
	h := &Host{Service: &kit.Service{Name: "order"}, runtime: Runtime{Bus: laggard{pending: pending}}}
	require.NoError(t, h.observeBus(meter, metric.WithAttributes()))
	var all metricdata.ResourceMetrics
	return &all, reader.Collect(t.Context(), &all)
}

func TestTheLagIsTheServicesOwn(t *testing.T) {
	all, err := lagSeen(t, func(_ context.Context, consumer string) (int64, error) {
		require.Equal(t, "order", consumer)
		return 42, nil
	})
	require.NoError(t, err)
	found := all.ScopeMetrics[0].Metrics[0]
	require.Equal(t, "kept_consumer_lag", found.Name)
	require.EqualValues(t, 42, found.Data.(metricdata.Gauge[int64]).DataPoints[0].Value)
}

func TestABusThatIsAwayHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		all, err := lagSeen(t, func(ctx context.Context, _ string) (int64, error) {
			<-ctx.Done()
			return 0, errors.New("no answer")
		})
		require.ErrorContains(t, err, "no answer")
		require.Equal(t, observing, time.Since(began))
		require.Empty(t, all.ScopeMetrics, "nothing is told that is not known")
	})
}
