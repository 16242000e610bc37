package adapter_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/e2e/adapter"
)

// shipped are the rules that we ship, as the adapter's own file has them.
func shipped(t *testing.T) []adapter.Rule {
	t.Helper()
	text, err := os.ReadFile("../../../k8s/components/lag-scaling/adapter-rules.yaml")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), "rules:\n  custom:\n", "rules:\n", 1)), 0o600))
	rules, err := adapter.Read(path)
	require.NoError(t, err)
	require.NotEmpty(t, rules)
	return rules
}

// site answers each path with a text, and says what was asked.
func site(t *testing.T, texts map[string]string) (url string, asked func() []string) {
	t.Helper()
	var queries []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.Query().Get("query"))
		_, _ = w.Write([]byte(texts[r.URL.Path]))
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string { return queries }
}

func TestAPodsLag(t *testing.T) {
	prometheus, asked := site(t, map[string]string{
		"/api/v1/series": `{"data": [{"__name__": "kept_timer_due"}, {"__name__": "kept_consumer_lag", "pod": "order-1"}]}`,
		"/api/v1/query":  `{"data": {"result": [{"metric": {"pod": "order-1"}, "value": [1, "17"]}]}}`,
	})
	kubernetes, _ := site(t, map[string]string{
		"/api/v1/namespaces/kept/pods": `{"items": [{"metadata": {"name": "order-1"}}, {"metadata": {"name": "order-2"}}]}`,
	})
	s := &adapter.Server{
		Rules: shipped(t), Prometheus: prometheus, Kubernetes: kubernetes, Client: http.DefaultClient,
		Token: func() (string, error) { return "", nil },
	}
	call := func(metric string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		path := "/apis/custom.metrics.k8s.io/v1beta1/namespaces/kept/pods/*/" + metric
		s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w
	}
	found := call("kept_consumer_lag")
	require.Equal(t, http.StatusOK, found.Code, found.Body)
	require.Contains(t, found.Body.String(), `"value":"17"`)
	require.NotContains(t, found.Body.String(), "order-2", "nobody knows its lag")
	require.Contains(t, asked(), `sum(kept_consumer_lag{namespace="kept",pod=~"order-1|order-2"}) by (pod)`)
	require.Equal(t, http.StatusNotFound, call("kept_other").Code)
}
