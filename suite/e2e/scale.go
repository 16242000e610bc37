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
	l := startLoad(ctx, s, 24)
	defer l.end()
	started, most := time.Now(), 0
	err = d.until(ctx, func() bool {
		time.Sleep(2 * time.Second)
		ready, err := d.kubectl(ctx, "get", "deployment", "order", "-o", "jsonpath={.status.readyReplicas}")
		n, _ := strconv.Atoi(ready)
		most = max(most, n)
		return err == nil && n > 2
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
