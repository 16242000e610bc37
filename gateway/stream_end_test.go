package gateway_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"kept.dev/gateway"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func TestAClientThatLeavesEndsTheCall(t *testing.T) {
	for _, w := range both(t) {
		ended := make(chan error, 1)
		s := newStage(t, w, func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
			if err := stream.Send(step(1)); err != nil {
				return err
			}
			<-stream.Context().Done()
			ended <- stream.Context().Err()
			return nil
		})
		f := s.follow(t, track)
		require.Equal(t, 200, f.StatusCode)
		f.close()
		require.ErrorIs(t, <-ended, context.Canceled)
	}
}

// flood sends as many events as it is told, and says when the client has held it back.
func flood(count int, sent *atomic.Int64, held chan<- struct{}) tracking {
	return func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
		m := &orderv1.TrackingEvent{Note: strings.Repeat("x", 10_000)}
		for range count {
			wait := time.AfterFunc(300*time.Millisecond, func() {
				select {
				case held <- struct{}{}:
				default:
				}
			})
			err := stream.Send(m)
			wait.Stop()
			if err != nil {
				return err
			}
			sent.Add(1)
		}
		return nil
	}
}

// A client that does not read holds the service back; nothing heaps up in between.
func TestASlowClientHoldsTheServiceBack(t *testing.T) {
	const all = 3000
	for place, w := range both(t) {
		var sent atomic.Int64
		held := make(chan struct{}, 1)
		f := newStage(t, w, flood(all, &sent, held)).follow(t, track)
		<-held
		require.Less(t, sent.Load(), int64(all), place)
		require.Equal(t, "retry: 2000", f.event())
		for range all {
			require.Contains(t, f.event(), `xxx"}`)
		}
		require.Equal(t, "event: end|data: {}", f.event())
	}
}

func TestOnlySoManyStreams(t *testing.T) {
	s := newStage(t, newWorld(t, func(c *gateway.Config) { c.MaxStreams = 2 }),
		func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
			if err := stream.Send(step(1)); err != nil {
				return err
			}
			<-stream.Context().Done()
			return nil
		})
	first, second := s.follow(t, track), s.follow(t, track)
	require.Equal(t, []int{200, 200}, []int{first.StatusCode, second.StatusCode})
	third := s.follow(t, track)
	require.Equal(t, 429, third.StatusCode)
	require.Equal(t, "2", third.Header.Get("Retry-After"))
	require.Contains(t, third.event(), "TOO_MANY_STREAMS")
	require.Equal(t, 200, s.ask(t, "GET", "/v1/orders/1", "").Code, "other calls go on")
	first.close()
	require.Eventually(t, func() bool { return s.follow(t, track).StatusCode == 200 }, 10*time.Second, time.Millisecond)
}

func TestHeadOfAStream(t *testing.T) {
	s := newStage(t, newWorld(t), func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
		if err := stream.SendHeader(metadata.MD{}); err != nil {
			return err
		}
		<-stream.Context().Done()
		return nil
	})
	res, text := send(t, s.Client(), "HEAD", s.URL+track, nil)
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	require.Empty(t, text)
}

// A server that shuts down ends its streams first, and cleanly: their clients come back to another.
func TestShutdownEndsStreams(t *testing.T) {
	for _, w := range both(t) {
		s := newStage(t, w, func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
			if err := stream.Send(step(1)); err != nil {
				return err
			}
			<-stream.Context().Done()
			return nil
		})
		f := s.follow(t, track)
		require.Equal(t, 200, f.StatusCode)
		require.NoError(t, s.Config.Shutdown(t.Context()))
		require.Equal(t, "retry: 2000", f.event())
		require.Contains(t, f.event(), "id: ")
		require.Empty(t, f.event(), "it does not say that there is nothing more to come")
		require.NoError(t, f.Err())
		got := s.ask(t, "GET", track, "")
		require.Equal(t, 503, got.Code)
		require.Equal(t, "DRAINING", got.reason())
	}
}

func TestShutdownDoesNotWaitForAClientThatDoesNotRead(t *testing.T) {
	held := make(chan struct{}, 1)
	s := newStage(t, newWorld(t), flood(1_000_000, new(atomic.Int64), held))
	require.Equal(t, 200, s.follow(t, track).StatusCode)
	<-held
	require.NoError(t, s.Config.Shutdown(t.Context()))
}

func TestSilenceIsFilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.order.set(func(b *backend) {
			b.track = func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
				<-time.After(40 * time.Second)
				return stream.Send(step(1))
			}
		})
		got := w.ask(t, "GET", track, "")
		require.Regexp(t, `^retry: 2000\n\n:\n\n:\n\nid: orders/1/trackingEvents/1\ndata: \{.*\}\n\nevent: end\ndata: \{\}\n\n$`, got.Body.String())
	})
}

// A token may have run out meanwhile: the client has to come back and show it again.
func TestNoStreamLastsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.order.set(func(b *backend) {
			b.track = func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
				<-stream.Context().Done()
				return stream.Context().Err()
			}
		})
		began := time.Now()
		got := w.ask(t, "GET", track, "")
		require.InDelta(t, (17*time.Minute + 30*time.Second).Seconds(), time.Since(began).Seconds(), (2*time.Minute + 30*time.Second).Seconds())
		require.NotContains(t, got.Body.String(), "event:")
	})
}

func TestOpenStreamsAreMeasured(t *testing.T) {
	reader := metric.NewManualReader()
	w := newWorld(t, func(c *gateway.Config) { c.Meter = metric.NewMeterProvider(metric.WithReader(reader)).Meter("test") })
	open := func() (sum int64) {
		var all metricdata.ResourceMetrics
		require.NoError(t, reader.Collect(t.Context(), &all))
		for _, m := range all.ScopeMetrics[0].Metrics {
			if points, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "kept_http_open_streams" {
				sum += points.DataPoints[0].Value
			}
		}
		return sum
	}
	w.order.set(func(b *backend) {
		b.track = func(*orderv1.TrackOrderRequest, grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
			require.Equal(t, int64(1), open())
			return nil
		}
	})
	require.Equal(t, 200, w.ask(t, "GET", track, "").Code)
	require.Zero(t, open())
}
