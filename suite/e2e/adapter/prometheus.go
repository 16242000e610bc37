package adapter

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// window is how far back series are looked for.
const window = 3 * time.Minute

// get asks for JSON.
func get(ctx context.Context, client *http.Client, address, token string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", req.URL.Path, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

// find is the rule for a metric, with the series that it is made of.
func (s *Server) find(ctx context.Context, metric string) (Rule, string, error) {
	for _, rule := range s.Rules {
		var answer struct{ Data []map[string]string }
		query := url.Values{"match[]": {rule.SeriesQuery}, "start": {strconv.FormatInt(time.Now().Add(-window).Unix(), 10)}}
		if err := get(ctx, http.DefaultClient, s.Prometheus+"/api/v1/series?"+query.Encode(), "", &answer); err != nil {
			return Rule{}, "", err
		}
		for _, series := range answer.Data {
			name, err := rule.metric(series["__name__"])
			if err != nil {
				return Rule{}, "", err
			}
			if name == metric {
				return rule, series["__name__"], nil
			}
		}
	}
	return Rule{}, "", errNone
}

// values are the metric's by Pod.
func (s *Server) values(ctx context.Context, metric, namespace string, pods []string) (map[string]string, error) {
	rule, series, err := s.find(ctx, metric)
	if err != nil {
		return nil, err
	}
	query, err := rule.query(series, namespace, pods)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any // when, and what
			}
		}
	}
	if err := get(ctx, http.DefaultClient, s.Prometheus+"/api/v1/query?"+url.Values{"query": {query}}.Encode(), "", &answer); err != nil {
		return nil, err
	}
	label, err := rule.label("pod")
	values := map[string]string{}
	for _, r := range answer.Data.Result {
		values[r.Metric[label]] = fmt.Sprint(r.Value[1])
	}
	return values, err
}
