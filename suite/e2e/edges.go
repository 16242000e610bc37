package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// edge is a way through the network, from a Pod with the labels in the namespace.
type edge struct {
	namespace, labels string
	host              string
	port              int
	open              bool
}

// edges are some of each kind: those that the suite has, and those that somebody who broke in would try.
func (d *Deployment) edges() []edge {
	ns, service := d.Namespace, "app.kubernetes.io/component=service,app.kubernetes.io/name="
	at := func(name string) string { return name + "." + ns }
	return []edge{
		{ns, "app.kubernetes.io/name=gateway,app.kubernetes.io/component=gateway", at("order"), 9000, true},
		{ns, "app.kubernetes.io/name=gateway,app.kubernetes.io/component=gateway", at("postgres"), 5432, false},
		{ns, service + "loyalty", at("postgres"), 5432, true},
		{ns, service + "loyalty", at("redis"), 6379, true},
		{ns, service + "loyalty", at("mailsink"), 2525, false},
		{ns, service + "notification", at("mailsink"), 2525, true},
		{ns, "app.kubernetes.io/name=stranger", at("order"), 9000, false},
		{ns, "app.kubernetes.io/name=stranger", at("postgres"), 5432, false},
		{ns, "app.kubernetes.io/component=migration", at("redis"), 6379, false},
		{"e2e-outside", "a=b", at("gateway"), 80, false},
		{"e2e-outside", "a=b", at("order"), 9000, false},
		{"e2e-front", "a=b", at("gateway"), 80, true},
		{"e2e-front", "a=b", at("customer"), 9000, false},
		{"e2e-front", "a=b", at("gateway"), 9100, false},
	}
}

const outside = `
apiVersion: v1
kind: Namespace
metadata: {name: e2e-outside}
---
apiVersion: v1
kind: Namespace
metadata: {name: e2e-front, labels: {kept.dev/front-door: "true"}}
`

const caller = `
apiVersion: v1
kind: Pod
metadata: {name: %s, namespace: %s, labels: {%s}}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: main
      image: %s
      imagePullPolicy: IfNotPresent
      command: [sh, -c, "for i in 1 2 3; do nc -w 3 %s %d -e true && exit 0; sleep 1; done; exit 1"]
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      resources: {limits: {memory: 32Mi}}
`

// Edges tries every one with a Pod that has nothing but a shell. It has no port of a Service's name, so no Service sends it calls.
func (d *Deployment) Edges(ctx context.Context, image string) error {
	if _, err := kubectl(ctx, outside, "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	defer func() {
		_, _ = kubectl(context.WithoutCancel(ctx), "", "delete", "namespace", "e2e-outside", "e2e-front", "--wait=false")
	}()
	var faults []error
	for i, e := range d.edges() {
		open, err := d.passes(ctx, fmt.Sprintf("e2e-edge-%d", i), image, e)
		if err != nil {
			return err
		}
		d.say("%s (%s) -> %s:%d open=%t", e.namespace, e.labels, e.host, e.port, open)
		if open != e.open {
			faults = append(faults, fmt.Errorf("%s in %s -> %s:%d: open is %t", e.labels, e.namespace, e.host, e.port, open))
		}
	}
	return errors.Join(faults...)
}

func (d *Deployment) passes(ctx context.Context, name, image string, e edge) (open bool, err error) {
	labels := strings.ReplaceAll(strings.ReplaceAll(e.labels, "=", ": "), ",", ", ")
	pod := fmt.Sprintf(caller, name, e.namespace, labels, image, e.host, e.port)
	if _, err := kubectl(ctx, pod, "apply", "--server-side", "-f", "-"); err != nil {
		return false, err
	}
	defer func() {
		_, _ = kubectl(context.WithoutCancel(ctx), "", "-n", e.namespace, "delete", "pod", name, "--grace-period=0", "--force")
	}()
	var phase string
	err = d.until(ctx, func() bool {
		phase, err = kubectl(ctx, "", "-n", e.namespace, "get", "pod", name, "-o", "jsonpath={.status.phase}")
		return err != nil || phase == "Succeeded" || phase == "Failed"
	})
	return phase == "Succeeded", err
}
