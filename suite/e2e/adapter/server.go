package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Server answers what autoscalers ask about Pods.
type Server struct {
	Rules      []Rule
	Prometheus string // its address
	// Kubernetes is where Pods are looked up, as whom.
	Kubernetes string
	Client     *http.Client
	Token      func() (string, error)
}

var errNone = errors.New("no rule makes such a metric")

const root = "/apis/custom.metrics.k8s.io/v1beta1"

// Handler serves the API.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET "+root, func(w http.ResponseWriter, _ *http.Request) { answer(w, resources) })
	mux.HandleFunc("GET "+root+"/namespaces/{namespace}/pods/{pod}/{metric}", s.pods)
	return mux
}

type object = map[string]any

// resources are what can be discovered: which metrics there are is asked one by one.
var resources = object{
	"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "custom.metrics.k8s.io/v1beta1", "resources": []object{},
}

func answer(w http.ResponseWriter, what object) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(what) // whoever has gone away does not mind
}

func refuse(w http.ResponseWriter, code int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	answer(w, object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": err.Error()})
}

func (s *Server) pods(w http.ResponseWriter, r *http.Request) {
	items, err := s.measure(r.Context(), r.PathValue("namespace"), r.PathValue("metric"), r.URL.Query().Get("labelSelector"))
	switch {
	case errors.Is(err, errNone):
		refuse(w, http.StatusNotFound, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		answer(w, object{"kind": "MetricValueList", "apiVersion": "custom.metrics.k8s.io/v1beta1", "metadata": object{}, "items": items})
	}
}

func (s *Server) measure(ctx context.Context, namespace, metric, selector string) ([]object, error) {
	pods, err := s.selected(ctx, namespace, selector)
	if err != nil {
		return nil, err
	}
	values, err := s.values(ctx, metric, namespace, pods)
	if err != nil {
		return nil, err
	}
	items := []object{}
	for _, pod := range pods {
		if value, ok := values[pod]; ok {
			items = append(items, object{
				"describedObject": object{"kind": "Pod", "apiVersion": "/v1", "namespace": namespace, "name": pod},
				"metricName":      metric, "timestamp": time.Now().UTC().Format(time.RFC3339), "value": value,
			})
		}
	}
	return items, nil
}

func (s *Server) selected(ctx context.Context, namespace, selector string) (names []string, err error) {
	token, err := s.Token()
	if err != nil {
		return nil, err
	}
	address := s.Kubernetes + "/api/v1/namespaces/" + url.PathEscape(namespace) + "/pods?" + url.Values{"labelSelector": {selector}}.Encode()
	var list struct {
		Items []struct{ Metadata struct{ Name string } }
	}
	err = get(ctx, s.Client, address, token, &list)
	for _, pod := range list.Items {
		names = append(names, pod.Metadata.Name)
	}
	return names, err
}
