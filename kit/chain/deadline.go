package chain

import (
	"context"
	"slices"
	"time"
)

// deadline bounds unary calls, so that nobody holds a connection or a lock for ever. A caller's own shorter
// deadline stays.
type deadline struct {
	longest time.Duration
	// unbounded are the methods that may take as long as their callers wait.
	unbounded []string
}

func (d deadline) step(ctx context.Context, c *call) error {
	if c.stream || slices.Contains(d.unbounded, c.method) {
		return c.next(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, d.longest) // an earlier deadline wins
	defer cancel()
	return c.next(ctx)
}
