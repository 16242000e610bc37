package chain

import (
	"context"
	"time"
)

// deadline bounds unary calls, so that nobody holds a connection or a lock for ever. A caller's own shorter
// deadline stays.
type deadline time.Duration

func (d deadline) step(ctx context.Context, c *call) error {
	if c.stream {
		return c.next(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(d)) // an earlier deadline wins
	defer cancel()
	return c.next(ctx)
}
