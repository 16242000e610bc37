package observability

import (
	"context"
	"encoding/hex"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
)

// hop is a span as the collector has it.
type hop struct{ service, name, id, parent string }

// collector takes the spans of all processes, as an OpenTelemetry collector does.
type collector struct {
	coltracepb.UnimplementedTraceServiceServer
	url string

	mu   sync.Mutex
	hops map[string][]hop // by trace
}

func collect(t *testing.T) *collector {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &collector{url: "http://" + listener.Addr().String(), hops: map[string][]hop{}}
	server := grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(server, c)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-ended)
	})
	return c
}

// Export implements the collector's protocol.
func (c *collector) Export(_ context.Context, req *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range req.GetResourceSpans() {
		service := serviceOf(r)
		for _, scope := range r.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				trace := hex.EncodeToString(s.GetTraceId())
				c.hops[trace] = append(c.hops[trace], hop{
					service, s.GetName(), hex.EncodeToString(s.GetSpanId()), hex.EncodeToString(s.GetParentSpanId()),
				})
			}
		}
	}
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

func serviceOf(r *tracepb.ResourceSpans) string {
	for _, a := range r.GetResource().GetAttributes() {
		if a.GetKey() == "service.name" {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// tree is the trace as child → parent, each as "service: name", with how often it is there; the caller's own span is "".
func (c *collector) tree(trace string) map[[2]string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := map[string]string{}
	for _, h := range c.hops[trace] {
		names[h.id] = h.service + ": " + h.name
	}
	tree := map[[2]string]int{}
	for _, h := range c.hops[trace] {
		tree[[2]string{names[h.id], names[h.parent]}]++
	}
	return tree
}
