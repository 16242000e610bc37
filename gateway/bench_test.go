package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

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

// BenchmarkRead compares the gateway over inproc with a plain net/http server that answers the same, over TCP.
func BenchmarkRead(b *testing.B) {
	b.Run("plain", func(b *testing.B) { overTCP(b, plainMux()) })
	b.Run("gateway", func(b *testing.B) { overTCP(b, newWorld(b)) })
	b.Run("gateway over bufconn", func(b *testing.B) { overTCP(b, newDistributedWorld(b)) })
}

func overTCP(b *testing.B, handler http.Handler) {
	server := httptest.NewServer(handler)
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+"/v1/products/teapot", http.NoBody)
			require.NoError(b, err)
			res, err := client.Do(r)
			require.NoError(b, err)
			_, err = io.Copy(io.Discard, res.Body)
			require.NoError(b, err)
			require.NoError(b, res.Body.Close())
			if res.StatusCode != http.StatusOK {
				b.Error(res.Status)
			}
		}
	})
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
