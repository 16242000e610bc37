// Package adapter serves the custom metrics API from Prometheus by prometheus-adapter's rules, as far as our own rules go: it stands in
// for prometheus-adapter, with the same flags, where that can't be had. It checks no caller, so it is for tests only.
package adapter

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"
)

// Rule says what series of Prometheus a metric of the API is made of.
type Rule struct {
	SeriesQuery string `yaml:"seriesQuery"`
	Resources   struct {
		Overrides map[string]struct{ Resource string } // by label
	}
	Name         struct{ Matches, As string }
	MetricsQuery string `yaml:"metricsQuery"`
}

// Read reads the adapter's configuration, strictly: a rule that is not understood would be another one here than there.
func Read(path string) ([]Rule, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var config struct{ Rules []Rule }
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return config.Rules, nil
}

// metric is the name that a series has in the API.
func (r Rule) metric(series string) (string, error) {
	pattern, err := regexp.Compile(r.Name.Matches)
	if err != nil {
		return "", err
	}
	return pattern.ReplaceAllString(series, r.Name.As), nil
}

// label is that which names a resource, such as pod.
func (r Rule) label(resource string) (string, error) {
	for label, o := range r.Resources.Overrides {
		if o.Resource == resource {
			return label, nil
		}
	}
	return "", fmt.Errorf("no label names the %s", resource)
}

// query asks for the series of the Pods, one value a Pod.
func (r Rule) query(series, namespace string, pods []string) (string, error) {
	space, err := r.label("namespace")
	if err != nil {
		return "", err
	}
	pod, err := r.label("pod")
	if err != nil {
		return "", err
	}
	text, err := template.New("").Delims("<<", ">>").Parse(r.MetricsQuery)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = text.Execute(&out, map[string]string{
		"Series": series, "GroupBy": pod,
		"LabelMatchers": fmt.Sprintf(`%s=%q,%s=~%q`, space, namespace, pod, strings.Join(pods, "|")),
	})
	return out.String(), err
}
