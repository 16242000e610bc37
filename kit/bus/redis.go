package bus

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"kept.dev/kit/id"
)

// RedisConfig says how events travel over Redis Streams.
type RedisConfig struct {
	// Client is connected to one Redis or to a Redis Cluster.
	Client redis.UniversalClient
	// Services are all that speak and listen.
	Services []string
	// MostForAbsent is how many events are kept at most for services that have no group on a stream yet (default 100,000).
	MostForAbsent int64
	// Idle is after how long another replica takes over what one has left unacknowledged (default 10 s).
	Idle time.Duration
	// Log is told when Redis or a consumer fails; nil for nobody.
	Log *slog.Logger
}

// Redis carries events over one stream a source, with a consumer group for each service.
type Redis struct {
	cfg      RedisConfig
	consumer string // this process, within its group

	mu       sync.Mutex
	expected []string
}

// NewRedis makes the bus.
func NewRedis(cfg RedisConfig) *Redis {
	if cfg.Idle == 0 {
		cfg.Idle = 10 * time.Second
	}
	if cfg.MostForAbsent == 0 {
		cfg.MostForAbsent = 100_000
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Redis{cfg: cfg, consumer: id.New()}
}

// A source's keys have its name as their hash tag, so that a cluster keeps them on one node and loses them together.
func stream(source string) string    { return "kept:events:{" + source + "}" }
func numberKey(source string) string { return "kept:published:{" + source + "}" }

// Expect implements Bus.
func (b *Redis) Expect(consumers ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, consumers...)
}

// expectedGroups are those that every stream is to have before one of them is read.
func (b *Redis) expectedGroups() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.expected)
}

// Consume reads every source's stream, each in its own loop: in a cluster they live on different nodes.
func (b *Redis) Consume(ctx context.Context, consumer string, handle Handle) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, source := range b.cfg.Services {
		r := &reader{bus: b, stream: stream(source), source: source, group: consumer, handle: handle}
		group.Go(func() error { return r.run(ctx) })
	}
	return group.Wait()
}

// Pending counts, over all streams, what the group has not read and what it has read and not acknowledged.
func (b *Redis) Pending(ctx context.Context, consumer string) (int64, error) {
	var total int64
	for _, source := range b.cfg.Services {
		n, err := b.pending(ctx, stream(source), consumer)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

func (b *Redis) pending(ctx context.Context, stream, consumer string) (int64, error) {
	groups, err := b.groups(ctx, stream)
	if err != nil {
		return 0, err
	}
	var total int64
	found := false
	for _, g := range groups {
		if g.Name != consumer && !strings.HasPrefix(g.Name, consumer+".") {
			continue
		}
		n, err := b.unhandled(ctx, stream, g)
		if err != nil {
			return 0, err
		}
		total, found = total+n, found || g.Name == consumer
	}
	if found {
		return total, nil
	}
	return b.cfg.Client.XLen(ctx, stream).Result() // a group that comes later starts at the beginning
}

// Behind implements Bus. Services that have never listened to the source are not waited for.
func (b *Redis) Behind(ctx context.Context, source string) (most int64, err error) {
	groups, err := b.groups(ctx, stream(source))
	for _, g := range groups {
		n, err := b.unhandled(ctx, stream(source), g)
		if err != nil {
			return 0, err
		}
		most = max(most, n)
	}
	return most, err
}

// unhandled is how many events the group has not read, or has read and not acknowledged.
func (b *Redis) unhandled(ctx context.Context, stream string, g redis.XInfoGroup) (int64, error) {
	if g.Lag >= 0 {
		return g.Pending + g.Lag, nil
	}
	rest, err := b.cfg.Client.XRange(ctx, stream, "("+g.LastDeliveredID, "+").Result() // Redis does not know how far it is behind
	return g.Pending + int64(len(rest)), err
}

// groups are the stream's groups; none when there is no stream.
func (b *Redis) groups(ctx context.Context, stream string) ([]redis.XInfoGroup, error) {
	groups, err := b.cfg.Client.XInfoGroups(ctx, stream).Result()
	if err != nil && strings.Contains(err.Error(), "no such key") {
		return nil, nil
	}
	return groups, err
}

// Consumers implements Bus.
func (b *Redis) Consumers(ctx context.Context, service string) ([]string, error) {
	found := map[string]bool{}
	for _, source := range b.cfg.Services {
		groups, err := b.groups(ctx, stream(source))
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			if g.Name == service || strings.HasPrefix(g.Name, service+".") {
				found[g.Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// Retire implements Bus.
func (b *Redis) Retire(ctx context.Context, consumer string) error {
	b.mu.Lock()
	b.expected = slices.DeleteFunc(b.expected, func(name string) bool { return name == consumer })
	b.mu.Unlock()
	for _, source := range b.cfg.Services {
		err := b.cfg.Client.XGroupDestroy(ctx, stream(source), consumer).Err()
		if err != nil && !strings.Contains(err.Error(), "requires the key to exist") {
			return err
		}
	}
	return nil
}

// Ping tells whether Redis answers.
func (b *Redis) Ping(ctx context.Context) error { return b.cfg.Client.Ping(ctx).Err() }
