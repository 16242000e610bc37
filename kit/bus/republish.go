package bus

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"kept.dev/kit/id"
)

// Wish is that a source publish its events of a type again, all that were made since the given time.
type Wish struct {
	Type  string
	Since time.Time

	version string // different whenever it is made anew: what was granted before is granted again
}

func wishKey(source string) string { return "kept:republish:{" + source + "}" }

// wish stores a wish as "since version". One that is made anew never asks for less than before.
var wish = redis.NewScript(`
	local since = ARGV[2]
	local before = tonumber(string.match(redis.call("hget", KEYS[1], ARGV[1]) or "", "^(%d+) "))
	if before and before < tonumber(since) then since = string.format("%.0f", before) end
	redis.call("hset", KEYS[1], ARGV[1], since .. " " .. ARGV[3])
	return 1`)

// Republish implements Bus.
func (b *Redis) Republish(ctx context.Context, types []string, since time.Time) error {
	for _, source := range b.cfg.Services {
		for _, t := range types {
			if err := wish.Run(ctx, b.cfg.Client, []string{wishKey(source)}, t, since.UnixMicro(), id.New()).Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Wishes implements Bus.
func (b *Redis) Wishes(ctx context.Context, source string) (wishes []Wish, err error) {
	all, err := b.cfg.Client.HGetAll(ctx, wishKey(source)).Result()
	for typ, text := range all {
		since, _, _ := strings.Cut(text, " ")
		micros, _ := strconv.ParseInt(since, 10, 64) // whatever it is, zero asks for all that there is
		wishes = append(wishes, Wish{typ, time.UnixMicro(micros), text})
	}
	return wishes, err
}

// A wish that was made anew meanwhile stays.
var grant = redis.NewScript(`
	if redis.call("hget", KEYS[1], ARGV[1]) == ARGV[2] then redis.call("hdel", KEYS[1], ARGV[1]) end
	return 1`)

// Granted implements Bus.
func (b *Redis) Granted(ctx context.Context, source string, wishes []Wish) error {
	for _, w := range wishes {
		if err := grant.Run(ctx, b.cfg.Client, []string{wishKey(source)}, w.Type, w.version).Err(); err != nil {
			return err
		}
	}
	return nil
}

// localWish lives with the process: whoever makes it waits until it is granted.
type localWish struct {
	Wish
	granted chan struct{}
}

// Republish implements Bus.
func (b *Local) Republish(ctx context.Context, types []string, since time.Time) error {
	for _, granted := range b.wish(types, since) {
		select {
		case <-granted:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// wish makes wishes, or makes them anew, and returns what is closed as they are granted.
func (b *Local) wish(types []string, since time.Time) (granted []<-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, wishes := range b.wishes {
		for _, t := range types {
			w := wishes[t]
			if w == nil {
				w = &localWish{Wish{Type: t, Since: since}, make(chan struct{})}
				wishes[t] = w
			}
			if since.Before(w.Since) {
				w.Since = since
			}
			w.version = id.New()
			granted = append(granted, w.granted)
		}
	}
	return granted
}

// Wishes implements Bus.
func (b *Local) Wishes(_ context.Context, source string) (wishes []Wish, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wishes[source] {
		wishes = append(wishes, w.Wish)
	}
	return wishes, nil
}

// Granted implements Bus.
func (b *Local) Granted(_ context.Context, source string, wishes []Wish) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, granted := range wishes {
		if w := b.wishes[source][granted.Type]; w != nil && w.version == granted.version {
			close(w.granted)
			delete(b.wishes[source], w.Type)
		}
	}
	return nil
}
