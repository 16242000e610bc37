package e2e

import (
	"context"
	"strconv"
	"time"
)

// Scale has many customers order until there are more replicas of the order service than at rest.
func (d *Deployment) Scale(ctx context.Context) error {
	s, err := d.openShop(ctx)
	if err != nil {
		return err
	}
	if err := d.until(ctx, func() bool { return d.replicas(ctx, "order") == 2 }); err != nil {
		return err
	}
	l := startLoad(ctx, s, 24)
	defer l.end()
	started, most := time.Now(), 0
	err = d.until(ctx, func() bool {
		most = max(most, d.replicas(ctx, "order"))
		return most > 2
	})
	d.say("order runs in %d replicas after %s of load; %d calls, %d failed", most, time.Since(started).Round(time.Second), l.calls.Load(), l.failed.Load())
	if err != nil {
		return err
	}
	l.end()
	if err := l.failures(); err != nil {
		return err
	}
	return d.balance(ctx, l)
}

// replicas is how many of a process are ready; 0 where that can't be known.
func (d *Deployment) replicas(ctx context.Context, process string) int {
	ready, _ := d.kubectl(ctx, "get", "deployment", process, "-o", "jsonpath={.status.readyReplicas}")
	n, _ := strconv.Atoi(ready)
	return n
}
