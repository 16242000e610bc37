package bus

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// keptForAbsent is how much is kept for a service that has no group on the stream yet, as long as it isn't too many events. A
// service that comes later has its first hour published again.
const keptForAbsent = time.Hour

// keptForAny is how long an event is kept for groups that have not handled it. Sources remember theirs no longer, either, and a
// group that nobody reads for any more must not have a stream grow for ever.
const keptForAny = 7 * 24 * time.Hour

// Trim cuts the stream below the oldest event that some group has not acknowledged. While a service has no group, the latest
// events are kept for it, with which it will begin, within bounds: it may never come.
func (b *Redis) Trim(ctx context.Context, source string) error {
	groups, err := b.groups(ctx, stream(source))
	if err != nil {
		return err
	}
	lowest, err := b.keptFor(ctx, source, groups)
	if err != nil {
		return err
	}
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
	if oldest := firstID(time.Now().Add(-keptForAny)); lessID(lowest, oldest) {
		lowest = oldest
	}
	return b.cfg.Client.XTrimMinID(ctx, stream(source), lowest).Err()
}

// keptFor is the lowest id that is kept for services without a group; empty when there is none, or when too many events wait.
func (b *Redis) keptFor(ctx context.Context, source string, groups []redis.XInfoGroup) (string, error) {
	absent := slices.ContainsFunc(b.cfg.Services, func(service string) bool {
		return !slices.ContainsFunc(groups, func(g redis.XInfoGroup) bool { return g.Name == service })
	})
	if !absent {
		return "", nil
	}
	latest, err := b.cfg.Client.XRevRangeN(ctx, stream(source), "+", "-", 1).Result()
	if err != nil || len(latest) == 0 {
		return "", err
	}
	length, err := b.cfg.Client.XLen(ctx, stream(source)).Result()
	if err != nil {
		return "", err
	}
	if length > b.cfg.MostForAbsent {
		if len(groups) > 0 {
			return "", nil // what the others have acknowledged goes
		}
		return "", b.cfg.Client.XTrimMaxLen(ctx, stream(source), b.cfg.MostForAbsent).Err()
	}
	millis, _, _ := strings.Cut(latest[0].ID, "-")
	last, err := strconv.ParseInt(millis, 10, 64)
	return firstID(time.UnixMilli(last).Add(-keptForAbsent)), err
}

// firstID is the lowest id of entries that were made at the time or later.
func firstID(at time.Time) string { return strconv.FormatInt(max(0, at.UnixMilli()), 10) + "-0" }

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
