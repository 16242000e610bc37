package bus

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Wish is that a source publish its events of a type again, all that were made since the given time.
type Wish struct {
	Type  string
	Since time.Time
}

func wishKey(source string) string { return "kept:republish:{" + source + "}" }

// Republish implements Bus.
func (b *Redis) Republish(ctx context.Context, types []string, since time.Time) error {
	values := make([]any, 0, 2*len(types))
	for _, t := range types {
		values = append(values, t, since.UnixMicro())
	}
	for _, source := range b.cfg.Services {
		if err := b.cfg.Client.HSet(ctx, wishKey(source), values...).Err(); err != nil {
			return err
		}
	}
	return nil
}

// Wishes implements Bus.
func (b *Redis) Wishes(ctx context.Context, source string) (wishes []Wish, err error) {
	all, err := b.cfg.Client.HGetAll(ctx, wishKey(source)).Result()
	for typ, text := range all {
		micros, _ := strconv.ParseInt(text, 10, 64) // whatever it is, zero asks for all that there is
		wishes = append(wishes, Wish{typ, time.UnixMicro(micros)})
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
		err := grant.Run(ctx, b.cfg.Client, []string{wishKey(source)}, w.Type, strconv.FormatInt(w.Since.UnixMicro(), 10)).Err()
		if err != nil {
			return err
		}
	}
	return nil
}

// Republish implements Bus. Who wishes and who publishes are in one process, and the wishes end with it: one that dies within the
// second before its relay looks does not get them granted.
func (b *Local) Republish(_ context.Context, types []string, since time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for source := range b.wishes {
		for _, t := range types {
			b.wishes[source][t] = since
		}
	}
	return nil
}

// Wishes implements Bus.
func (b *Local) Wishes(_ context.Context, source string) (wishes []Wish, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for typ, since := range b.wishes[source] {
		wishes = append(wishes, Wish{typ, since})
	}
	return wishes, nil
}

// Granted implements Bus.
func (b *Local) Granted(_ context.Context, source string, wishes []Wish) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range wishes {
		if b.wishes[source][w.Type].Equal(w.Since) {
			delete(b.wishes[source], w.Type)
		}
	}
	return nil
}
