package bus

import (
	"context"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Trim cuts the stream below the oldest event that some group has not acknowledged. Nothing is cut while a service
// has no group: it will start at the beginning.
func (b *Redis) Trim(ctx context.Context, source string) error {
	groups, err := b.groups(ctx, stream(source))
	if err != nil {
		return err
	}
	for _, service := range b.cfg.Services {
		if !slices.ContainsFunc(groups, func(g redis.XInfoGroup) bool { return g.Name == service }) {
			return nil
		}
	}
	lowest := ""
	for _, g := range groups {
		kept, err := b.oldestKept(ctx, stream(source), g)
		if err != nil {
			return err
		}
		if lowest == "" || lessID(kept, lowest) {
			lowest = kept
		}
	}
	if lowest == "" {
		return nil
	}
	return b.cfg.Client.XTrimMinID(ctx, stream(source), lowest).Err()
}

// oldestKept is the lowest id that the group may still need: the first that it has not acknowledged, or the last
// that it was given.
func (b *Redis) oldestKept(ctx context.Context, stream string, g redis.XInfoGroup) (string, error) {
	if g.Pending == 0 {
		return g.LastDeliveredID, nil
	}
	p, err := b.cfg.Client.XPending(ctx, stream, g.Name).Result()
	if err != nil {
		return "", err
	}
	if p.Count == 0 { // all acknowledged since we asked, as far as it had been given them by then
		return g.LastDeliveredID, nil
	}
	return p.Lower, nil
}

// lessID compares stream ids, "milliseconds-sequence", as numbers.
func lessID(a, b string) bool {
	am, as, _ := strings.Cut(a, "-")
	bm, bs, _ := strings.Cut(b, "-")
	return shorterOrLess(am, bm) || am == bm && shorterOrLess(as, bs)
}

func shorterOrLess(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }
