package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"kept.dev/gateway"
	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const track = "/v1/orders/1:track"

// tracking is how the fake service answers a TrackOrder.
type tracking func(*orderv1.TrackOrderRequest, grpc.ServerStreamingServer[orderv1.TrackingEvent]) error

func (b *backend) TrackOrder(r *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
	b.mu.Lock()
	md, _ := metadata.FromIncomingContext(stream.Context())
	b.got, b.last = md, r
	track := b.track
	b.mu.Unlock()
	if track == nil {
		return status.Error(codes.Unimplemented, "not told how")
	}
	return track(r, stream)
}

// stage is a server, and a client that it closes with.
type stage struct {
	*world
	*httptest.Server
}

// newStage puts a gateway on the network. Streams are ended by their clients, before the server is closed.
func newStage(t *testing.T, w *world, track tracking) *stage {
	w.order.set(func(b *backend) { b.track = track })
	s := &stage{w, httptest.NewServer(w)}
	t.Cleanup(func() { s.Client().CloseIdleConnections(); s.Close() })
	return s
}

// stream is an open answer, line by line.
type stream struct {
	*http.Response
	*bufio.Scanner
	close context.CancelFunc
}

func (s *stage) follow(t *testing.T, path string, headers ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	res, err := s.Client().Do(r)
	require.NoError(t, err)
	f := &stream{res, bufio.NewScanner(res.Body), cancel}
	t.Cleanup(func() { cancel(); _ = res.Body.Close() })
	return f
}

// event is the lines up to the next empty one; "" at the end.
func (s *stream) event() string {
	var lines []string
	for s.Scan() && s.Text() != "" {
		lines = append(lines, s.Text())
	}
	return strings.Join(lines, "|")
}

func step(n int) *orderv1.TrackingEvent {
	return &orderv1.TrackingEvent{Name: fmt.Sprintf("orders/1/trackingEvents/%d", n)}
}

// both are the world with its services near, and far.
func both(t *testing.T, change ...func(*gateway.Config)) map[string]*world {
	return map[string]*world{"near": newWorld(t, change...), "far": newDistributedWorld(t, change...)}
}

func TestEventsOfAStream(t *testing.T) {
	for place, w := range both(t) {
		more := make(chan int)
		s := newStage(t, w, func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
			for n := range more {
				if err := stream.Send(step(n)); err != nil {
					return err
				}
			}
			return nil
		})
		go func() { more <- 1 }()
		f := s.follow(t, track, "Authorization", "Bearer abc", "Accept", "text/event-stream", "Accept-Encoding", "gzip", "Origin", "https://shop.example")
		require.Equal(t, 200, f.StatusCode, place)
		require.Equal(t, "text/event-stream", f.Header.Get("Content-Type"))
		require.Equal(t, "no-store, no-transform", f.Header.Get("Cache-Control"))
		require.Equal(t, "no", f.Header.Get("X-Accel-Buffering"))
		require.Empty(t, f.Header.Get("Content-Encoding"))
		require.NotEmpty(t, f.Header.Get("X-Request-Id"))
		require.Equal(t, "retry: 2000", f.event())
		first := f.event()
		require.Regexp(t, `^id: orders/1/trackingEvents/1\|data: \{"name":"orders/1/trackingEvents/1".*\}$`, first)
		more <- 2
		require.Contains(t, f.event(), "id: orders/1/trackingEvents/2|data: {")
		close(more)
		require.Equal(t, "event: end|data: {}", f.event())
		require.Empty(t, f.event())
		require.NoError(t, f.Err(), "the end is clean")
		require.Equal(t, []string{"Bearer abc"}, w.order.metadata().Get("authorization"))
	}
}

func TestAStreamIsResumed(t *testing.T) {
	for place, w := range both(t) {
		s := newStage(t, w, func(r *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
			if strings.HasSuffix(r.GetLastSeen(), "/2") {
				return nil
			}
			return stream.Send(step(2))
		})
		for name, c := range map[string]struct {
			path   string
			header []string
			after  string
		}{
			"from the beginning":    {track, nil, ""},
			"empty":                 {track, []string{"Last-Event-ID", ""}, ""},
			"last seen":             {track + "?lastSeen=orders/1/trackingEvents/1", nil, "orders/1/trackingEvents/1"},
			"header":                {track, []string{"Last-Event-ID", "orders/1/trackingEvents/1"}, "orders/1/trackingEvents/1"},
			"header, not parameter": {track + "?lastSeen=x", []string{"Last-Event-ID", "orders/1/trackingEvents/1"}, "orders/1/trackingEvents/1"},
		} {
			f := s.follow(t, c.path, c.header...)
			require.Equal(t, 200, f.StatusCode, "%s, %s", place, name)
			sent, ok := w.order.request().(*orderv1.TrackOrderRequest)
			require.True(t, ok)
			require.Equal(t, "orders/1", sent.GetName())
			require.Equal(t, c.after, sent.GetLastSeen())
		}
		f := s.follow(t, track, "Last-Event-ID", "orders/1/trackingEvents/2")
		require.Equal(t, 204, f.StatusCode, "there will never be more: a browser does not come back")
	}
	w := newWorld(t)
	for _, headers := range [][]string{{"Last-Event-ID", "ü"}, {"Last-Event-ID", "1", "Last-Event-ID", "2"}} {
		require.Equal(t, []string{"Last-Event-ID"}, w.ask(t, "GET", track, "", headers...).fields())
	}
}

func TestFaultsOfAStream(t *testing.T) {
	for place, w := range both(t) {
		s := newStage(t, w, func(*orderv1.TrackOrderRequest, grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
			return errs.NotFound("orders/1")
		})
		f := s.follow(t, track, "Accept", "text/event-stream")
		require.Equal(t, 404, f.StatusCode, place)
		require.Equal(t, "application/json", f.Header.Get("Content-Type"))
		require.Contains(t, f.event(), `"NOT_FOUND"`)

		w.order.set(func(b *backend) {
			b.track = func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
				if err := stream.Send(step(1)); err != nil {
					return err
				}
				return errs.Overloaded("QUEUE_FULL", time.Second)
			}
		})
		f = s.follow(t, track)
		require.Equal(t, 200, f.StatusCode)
		require.Equal(t, "retry: 2000", f.event())
		require.Contains(t, f.event(), "id: orders/1/trackingEvents/1")
		fault := f.event()
		require.Regexp(t, `^event: error\|data: \{"code": ?8,.*"QUEUE_FULL".*\}$`, fault)
		require.Empty(t, f.event())
		require.NoError(t, f.Err())
	}
}

// A client has to know when it is on the stream, before there is anything to tell.
func TestAClientLearnsThatItIsOnTheStream(t *testing.T) {
	for place, w := range both(t) {
		begun := make(chan struct{})
		s := newStage(t, w, func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
			if err := stream.SendHeader(metadata.MD{}); err != nil {
				return err
			}
			close(begun)
			<-stream.Context().Done()
			return nil
		})
		f := s.follow(t, track)
		require.Equal(t, 200, f.StatusCode, place)
		<-begun
		require.Equal(t, "retry: 2000", f.event())

		s.order.set(func(b *backend) {
			b.track = func(_ *orderv1.TrackOrderRequest, stream grpc.ServerStreamingServer[orderv1.TrackingEvent]) error {
				<-stream.Context().Done()
				return nil
			}
		})
		require.Equal(t, 200, s.follow(t, track).StatusCode, "even when the service says nothing at all")
	}
}
