package bus_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
)

// halfOpen is a connection that swallows what is written once there is a newer age, and so hears nothing either.
type halfOpen struct {
	net.Conn
	born int64
	age  *atomic.Int64
}

func (c halfOpen) Write(p []byte) (int, error) {
	if c.born < c.age.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// TestAReaderLeavesAConnectionThatIsHalfOpen: it is neither closed nor refused, and Redis would answer on another one.
func TestAReaderLeavesAConnectionThatIsHalfOpen(t *testing.T) {
	server, direct := kittest.Redis(t)
	var age atomic.Int64
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), ContextTimeoutEnabled: true, ReadTimeout: time.Second,
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			return halfOpen{conn, age.Load(), &age}, err
		},
	})
	t.Cleanup(func() { _ = client.Close() })
	c := consume(t, newRedis(t, client), "order", nil)
	before := events(3)
	publish(t, newRedis(t, direct), before)
	c.await(t, before)

	age.Add(1)
	started := time.Now()
	after := events(3)
	publish(t, newRedis(t, direct), after)
	c.await(t, after)
	require.Less(t, time.Since(started), 8*time.Second)
}
