package endurance_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
)

// fronts sends each request to the next of the gateways that take requests, as a Service in Kubernetes does. A gateway is
// taken out before it is told to stop.
type fronts struct {
	transport *http.Transport

	mu    sync.Mutex
	next  int
	there []*cluster.Process
	busy  map[*cluster.Process]int // requests under way
}

func newFronts(t *testing.T, gateways []*cluster.Process) *fronts {
	f := &fronts{transport: &http.Transport{MaxIdleConnsPerHost: 256}, there: gateways, busy: map[*cluster.Process]int{}}
	t.Cleanup(f.transport.CloseIdleConnections)
	return f
}

// RoundTrip implements http.RoundTripper. The answer is read to its end, so that the gateway is done with it.
func (f *fronts) RoundTrip(req *http.Request) (*http.Response, error) {
	gateway := f.begin()
	defer f.end(gateway)
	req = req.Clone(req.Context())
	req.URL.Host = gateway.Address
	res, err := f.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, err
}

func (f *fronts) begin() *cluster.Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	gateway := f.there[f.next%len(f.there)]
	f.busy[gateway]++
	return gateway
}

func (f *fronts) end(gateway *cluster.Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy[gateway]--
}

// without takes the process out, if it is one of the gateways, and waits until it has answered what it was asked.
func (f *fronts) without(t *testing.T, p *cluster.Process) {
	t.Helper()
	f.mu.Lock()
	var left []*cluster.Process
	for _, gateway := range f.there {
		if gateway != p {
			left = append(left, gateway)
		}
	}
	f.there = left
	f.mu.Unlock()
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.busy[p] == 0
	}, patience, time.Millisecond)
}

// with puts a gateway back.
func (f *fronts) with(gateway *cluster.Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.there = append(f.there[:len(f.there):len(f.there)], gateway)
}
