package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"kept.dev/kit/id"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/importer"
)

// Lag has an import make work for the customer service until the lag alone, by Prometheus, an adapter and our rules for them,
// starts replicas of it; when all is done they go again.
func (d *Deployment) Lag(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, d.unmonitor(context.WithoutCancel(ctx))) }()
	if err := d.monitor(ctx); err != nil {
		return err
	}
	if err := d.measured(ctx); err != nil {
		return err
	}
	if err := d.until(ctx, func() bool { return d.replicas(ctx, "customer") == 2 }); err != nil {
		return err
	}
	importing, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- d.importHistory(importing) }()
	started := time.Now()
	err = d.until(ctx, func() bool { return d.replicas(ctx, "customer") > 2 })
	d.say("customer runs in %d replicas after %s of an import", d.replicas(ctx, "customer"), time.Since(started).Round(time.Second))
	if err = errors.Join(err, d.explain(ctx)); err != nil {
		return err
	}
	if err := <-done; err != nil {
		return err
	}
	ended := time.Now()
	err = d.until(ctx, func() bool { return d.replicas(ctx, "customer") == 2 })
	d.say("%d replicas %s after its end", d.replicas(ctx, "customer"), time.Since(ended).Round(time.Second))
	return err
}

// monitor starts Prometheus and the adapter with the settings that we ship, and has the autoscalers ask for the lag.
func (d *Deployment) monitor(ctx context.Context) error {
	scrape, err := prometheusConfig("k8s/components/monitoring/scrape.yaml", d.Namespace)
	if err != nil {
		return err
	}
	rules, err := os.ReadFile("k8s/components/lag-scaling/adapter-rules.yaml")
	if err != nil {
		return err
	}
	rules = bytes.Replace(rules, []byte("rules:\n  custom:\n"), []byte("rules:\n"), 1) // the chart's values, as the chart would
	for _, args := range [][]string{
		{"apply", "--server-side", "-f", "suite/e2e/lag/namespace.yaml"},
		{"apply", "--server-side", "-n", d.Namespace, "-f", "k8s/components/monitoring/network.yaml"},
		{"apply", "--server-side", "-k", "suite/e2e/lag/kept"},
	} {
		if _, err := kubectl(ctx, "", args...); err != nil {
			return err
		}
	}
	if err := putMap(ctx, "monitoring", "prometheus", "prometheus.json", scrape); err != nil {
		return err
	}
	if err := putMap(ctx, "monitoring", "metrics-adapter", "config.yaml", string(rules)); err != nil {
		return err
	}
	if _, err := kubectl(ctx, "", "apply", "--server-side", "-k", "suite/e2e/lag"); err != nil {
		return err
	}
	_, err = kubectl(ctx, "", "-n", "monitoring", "wait", "--for=condition=Available", "--timeout=3m", "deployment", "--all")
	return err
}

func putMap(ctx context.Context, namespace, name, key, text string) error {
	raw, err := json.Marshal(object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": name, "namespace": namespace}, "data": object{key: text},
	})
	if err == nil {
		_, err = kubectl(ctx, string(raw), "apply", "--server-side", "-f", "-")
	}
	return err
}

// unmonitor takes it away: an API that nobody serves is in the way of others.
func (d *Deployment) unmonitor(ctx context.Context) error {
	_, err := kubectl(ctx, "", "apply", "--server-side", "-k", "k8s/overlays/dev")
	_, err2 := kubectl(ctx, "", "delete", "-k", "suite/e2e/lag", "--ignore-not-found", "--wait=false")
	return errors.Join(err, err2)
}

// measured waits until the API tells both numbers for a Pod of every service.
func (d *Deployment) measured(ctx context.Context) error {
	var fault error
	err := d.until(ctx, func() bool {
		fault = nil
		for _, metric := range []string{"kept_consumer_lag", "kept_timer_due"} {
			for _, service := range Processes[:5] {
				path := "/apis/custom.metrics.k8s.io/v1beta1/namespaces/" + d.Namespace + "/pods/*/" + metric +
					"?labelSelector=app.kubernetes.io%2Fname%3D" + service
				answer, err := kubectl(ctx, "", "get", "--raw", path)
				if err == nil && !bytes.Contains([]byte(answer), []byte(`"value"`)) {
					err = fmt.Errorf("no %s of %s: %s", metric, service, answer)
				}
				fault = errors.Join(fault, err)
			}
		}
		return fault == nil
	})
	if err != nil {
		return errors.Join(err, fault)
	}
	d.say("the custom metrics API tells the lag of every service")
	return nil
}

// explain says what the autoscaler did, and why.
func (d *Deployment) explain(ctx context.Context) error {
	events, err := d.kubectl(ctx, "get", "events", "--field-selector", "involvedObject.kind=HorizontalPodAutoscaler,involvedObject.name=customer",
		"-o", `jsonpath={range .items[?(@.reason=="SuccessfulRescale")]}{.message}{"\n"}{end}`)
	d.say("%s", events)
	return err
}

// history is of real orders, of which the first so many are taken in: enough for half a minute.
const (
	history = "suite/history/cdnow_master.txt"
	rows    = 30_000
)

func (d *Deployment) importHistory(ctx context.Context) error {
	owner, err := d.client(accessv1.Role_ROLE_ADMIN, "admins/owner")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(history)
	if err != nil {
		return err
	}
	lines := bytes.SplitAfterN(text, []byte("\n"), rows+1)
	file := bytes.Join(lines[:min(rows, len(lines))], nil)
	client, quiet := importer.Client{URL: d.URL, Token: owner.token}, func(importer.Progress) {}
	spec := &orderv1.Import{DisplayName: "history", Format: orderv1.Import_CDNOW, Issuer: "e2e-" + id.New()[24:]} // always other customers
	name, err := client.Send(ctx, spec, bytes.NewReader(file), int64(len(file)), quiet)
	if err != nil {
		return err
	}
	_, err = client.Follow(ctx, name, quiet)
	return err
}
