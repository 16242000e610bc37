package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// podMonitor is what is read of the Prometheus operator's object.
type podMonitor struct {
	Metadata struct{ Name string }
	Spec     struct {
		Selector struct {
			MatchExpressions []struct {
				Key, Operator string
				Values        []string
			} `yaml:"matchExpressions"`
		}
		Endpoints    []struct{ Port, Path string } `yaml:"podMetricsEndpoints"`
		TargetLabels []string                      `yaml:"podTargetLabels"`
	}
}

type object = map[string]any

// scrapeEvery is sooner than in production, for a test that waits for it.
const scrapeEvery = "2s"

// prometheusConfig makes Prometheus's settings of a PodMonitor as the operator would.
func prometheusConfig(path, namespace string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var m podMonitor
	if err := yaml.Unmarshal(text, &m); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	rules, err := m.relabel()
	if err != nil {
		return "", err
	}
	config, err := json.Marshal(object{
		"global": object{"scrape_interval": scrapeEvery, "scrape_timeout": scrapeEvery},
		"scrape_configs": []any{object{
			"job_name": namespace + "/" + m.Metadata.Name, "metrics_path": m.Spec.Endpoints[0].Path, "relabel_configs": rules,
			"kubernetes_sd_configs": []any{object{"role": "pod", "namespaces": object{"names": []string{namespace}}}},
		}},
	})
	return string(config), err // JSON is YAML
}

// relabel keeps what the PodMonitor selects, and gives it the labels that the operator gives.
func (m *podMonitor) relabel() (rules []any, err error) {
	keep := func(label, pattern string) {
		rules = append(rules, object{"action": "keep", "source_labels": []string{"__meta_kubernetes_pod_" + label}, "regex": pattern})
	}
	name := func(label, from string) {
		rules = append(rules, object{"source_labels": []string{"__meta_kubernetes_" + from}, "target_label": label})
	}
	for _, e := range m.Spec.Selector.MatchExpressions {
		if e.Operator != "In" {
			return nil, fmt.Errorf("%s: the operator %s is not known here", e.Key, e.Operator)
		}
		keep("label_"+labelName(e.Key), strings.Join(e.Values, "|"))
	}
	keep("container_port_name", m.Spec.Endpoints[0].Port)
	keep("phase", "Running")
	name("namespace", "namespace")
	name("pod", "pod_name")
	name("container", "pod_container_name")
	for _, label := range m.Spec.TargetLabels {
		name(labelName(label), "pod_label_"+labelName(label))
	}
	return rules, nil
}

var notInLabels = regexp.MustCompile(`[^a-zA-Z0-9_]`)

func labelName(label string) string { return notInLabels.ReplaceAllString(label, "_") }
