package e2e

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Upgrade replaces every replica of every process while customers order: nobody notices.
func (d *Deployment) Upgrade(ctx context.Context) error {
	s, err := d.openShop(ctx)
	if err != nil {
		return err
	}
	l := startLoad(ctx, s, 4)
	defer l.end()
	for _, process := range Processes {
		if err := l.more(ctx, 50); err != nil {
			return err
		}
		before, started := l.failed.Load(), time.Now()
		if _, err := d.kubectl(ctx, "rollout", "restart", "deployment/"+process); err != nil {
			return err
		}
		if _, err := d.kubectl(ctx, "rollout", "status", "deployment/"+process, "--timeout=5m"); err != nil {
			return err
		}
		d.say("%s replaced in %s, %d calls failed", process, time.Since(started).Round(time.Second), l.failed.Load()-before)
	}
	if err := l.more(ctx, 100); err != nil {
		return err
	}
	l.end()
	d.say("upgrade: %d calls, %d orders, %d failed, the slowest took %s", l.calls.Load(), l.orders.Load(), l.failed.Load(), l.worst.Round(time.Millisecond))
	return errors.Join(l.failures(), d.balance(ctx, l))
}

// LoseNode powers a node off that holds no database, while customers order. Calls that were on their way to it may fail; under the same key
// each succeeds in the end, once. power is the command that switches nodes: power stop NODE.
func (d *Deployment) LoseNode(ctx context.Context, power string) error {
	node, err := d.otherNode(ctx)
	if err != nil {
		return err
	}
	s, err := d.openShop(ctx)
	if err != nil {
		return err
	}
	l := startLoad(ctx, s, 4)
	defer l.end()
	if err := l.more(ctx, 100); err != nil {
		return err
	}
	if err := switchNode(ctx, power, "stop", node); err != nil {
		return err
	}
	lost := time.Now()
	if err := d.until(ctx, func() bool { return d.calm(ctx, l) }); err != nil {
		return fmt.Errorf("after the loss of %s: %w", node, err)
	}
	d.say("%s was lost: %d of %d calls failed at first; none any more after %s; the slowest took %s", node, l.failed.Load(), l.calls.Load(),
		time.Since(lost).Round(time.Second)-calmFor, l.worst.Round(time.Millisecond))
	err = powerOn(ctx, power, node)
	for _, process := range Processes {
		if _, waitErr := d.kubectl(ctx, "rollout", "status", "deployment/"+process, "--timeout=5m"); waitErr != nil {
			return errors.Join(err, waitErr)
		}
	}
	l.end()
	return errors.Join(err, d.balance(ctx, l))
}

// otherNode is one that runs Pods of ours but no database.
func (d *Deployment) otherNode(ctx context.Context) (string, error) {
	held, err := d.kubectl(ctx, "get", "pods", "-l", "app.kubernetes.io/component=store", "-o", "jsonpath={.items[*].spec.nodeName}")
	if err != nil {
		return "", err
	}
	all, err := d.kubectl(ctx, "get", "pods", "-l", "app.kubernetes.io/name=order", "-o", "jsonpath={.items[*].spec.nodeName}")
	if err != nil {
		return "", err
	}
	for node := range strings.FieldsSeq(all) {
		if !strings.Contains(held, node) {
			return node, nil
		}
	}
	return "", fmt.Errorf("all of %s hold a database, on %s", all, held)
}

func switchNode(ctx context.Context, power, what, node string) error {
	args := append(strings.Fields(power), what, node)
	if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// powerOn switches the node on until it is ready: a kubelet that is there before its container runtime gives up.
func powerOn(ctx context.Context, power, node string) (err error) {
	for range 3 {
		if err = switchNode(ctx, power, "start", node); err != nil {
			return err
		}
		if _, err = kubectl(ctx, "", "wait", "--for=condition=Ready", "--timeout=60s", "node/"+node); err == nil {
			return nil
		}
		if err := switchNode(ctx, power, "stop", node); err != nil {
			return err
		}
	}
	return err
}

// calmFor is how long no call may fail, and some have to succeed, until a loss is over.
const calmFor = 30 * time.Second // more than a client waits for an answer

func (d *Deployment) calm(ctx context.Context, l *load) bool {
	failed, calls := l.failed.Load(), l.calls.Load()
	pause(ctx, calmFor)
	return l.failed.Load() == failed && l.calls.Load() > calls+50
}

func (d *Deployment) until(ctx context.Context, done func() bool) error {
	for deadline := time.Now().Add(4 * time.Minute); ctx.Err() == nil && time.Now().Before(deadline); pause(ctx, time.Second) {
		if done() {
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.New("it does not become as it should in four minutes")
}
