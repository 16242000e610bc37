package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// plainProduct is what the plain server marshals: the same JSON that the gateway gives.
type plainProduct struct {
	Name        string     `json:"name"`
	DisplayName string     `json:"displayName"`
	UnitPrice   plainMoney `json:"unitPrice"`
	CreateTime  string     `json:"createTime"`
	Etag        string     `json:"etag,omitempty"`
}

type plainMoney struct {
	CurrencyCode string `json:"currencyCode"`
	Units        string `json:"units"`
	Nanos        int    `json:"nanos"`
}

func plain(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	err := json.NewEncoder(w).Encode(plainProduct{
		Name: "products/" + r.PathValue("product"), DisplayName: "A blue teapot of one litre",
		UnitPrice:  plainMoney{CurrencyCode: "EUR", Units: "24", Nanos: 900_000_000},
		CreateTime: "2027-01-15T08:00:00Z",
	})
	if err != nil {
		panic(err)
	}
}

func plainMux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/products/{product}", plain)
	return mux
}

// BenchmarkRead compares the gateway with a plain net/http server that answers the same, over TCP, 32 callers at a
// time. The two take turns, and what is compared is the processor time of both ends, so that other work on the machine
// disturbs both alike. "ratio" is the gateway's rate as a part of the plain server's.
func BenchmarkRead(b *testing.B) {
	b.Run("inproc", func(b *testing.B) { takeTurns(b, newWorld(b)) })
	b.Run("bufconn", func(b *testing.B) { takeTurns(b, newDistributedWorld(b)) })
}

func takeTurns(b *testing.B, handler http.Handler) {
	plain, gateway := newReader(b, plainMux()), newReader(b, handler)
	var plainTime, gatewayTime time.Duration
	for b.Loop() {
		plainTime += plain.read(b, 1000)
		gatewayTime += gateway.read(b, 1000)
	}
	requests := time.Duration(1000 * b.N)
	b.ReportMetric(float64((plainTime / requests).Nanoseconds()), "plain-cpu-ns/req")
	b.ReportMetric(float64((gatewayTime / requests).Nanoseconds()), "gateway-cpu-ns/req")
	b.ReportMetric(float64(plainTime)/float64(gatewayTime), "ratio")
}

// reader is a server and its callers.
type reader struct {
	url    string
	client *http.Client
}

func newReader(b *testing.B, handler http.Handler) *reader {
	server := httptest.NewServer(handler)
	b.Cleanup(server.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	b.Cleanup(transport.CloseIdleConnections)
	return &reader{server.URL + "/v1/products/teapot", &http.Client{Transport: transport}}
}

// read sends n requests and tells the processor time that they took.
func (r *reader) read(b *testing.B, n int) time.Duration {
	const callers = 32
	before := processorTime(b)
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for range n / callers {
				r.once(b)
			}
		})
	}
	group.Wait()
	return processorTime(b) - before
}

func (r *reader) once(b *testing.B) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, r.url, http.NoBody)
	if err != nil {
		b.Error(err)
		return
	}
	res, err := r.client.Do(req)
	if err != nil {
		b.Error(err)
		return
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		b.Error(res.Status, err)
	}
	_ = res.Body.Close() // read to its end
}

func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkHandler is the handlers' own cost, without the network.
func BenchmarkHandler(b *testing.B) {
	for name, handler := range map[string]http.Handler{"plain": plainMux(), "gateway": newWorld(b)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/v1/products/teapot", http.NoBody)
			for b.Loop() {
				handler.ServeHTTP(&sink{header: http.Header{}}, r)
			}
		})
	}
}

// sink takes an answer.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}
