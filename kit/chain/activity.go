package chain

import (
	"context"
	"slices"
	"strings"
)

// activity counts calls as work under way. Calls that watch the world are not part of it, or it would never be
// quiet while they wait for just that: the sandbox's clock, and callers who listen to a stream.
type activity struct{ Activity }

var watchers = []string{"/kept.ops.v1.ActivityService/", "/kept.ops.v1.SandboxService/"}

func (a activity) step(ctx context.Context, c *call) error {
	if a.Activity == nil || c.listens || slices.ContainsFunc(watchers, func(w string) bool {
		return strings.HasPrefix(c.method, w)
	}) {
		return c.next(ctx)
	}
	defer a.Begin()()
	return c.next(ctx)
}
