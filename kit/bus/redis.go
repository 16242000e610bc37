package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/id"
)

// RedisConfig says how events travel over Redis Streams.
type RedisConfig struct {
	// Client is connected to one Redis or to a Redis Cluster.
	Client redis.UniversalClient
	// Services are all that speak and listen. A stream is trimmed only when each of them has a group on it.
	Services []string
	// Idle is after how long another replica takes over what one has left unacknowledged (default 10 s).
	Idle time.Duration
	// Log is told when Redis or a consumer fails; nil for nobody.
	Log *slog.Logger
}

// Redis carries events over one stream a source, with a consumer group for each service.
type Redis struct {
	cfg      RedisConfig
	consumer string // this process, within its group
}

// NewRedis makes the bus.
func NewRedis(cfg RedisConfig) *Redis {
	if cfg.Idle == 0 {
		cfg.Idle = 10 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Redis{cfg: cfg, consumer: id.New()}
}

// A source's keys have its name as their hash tag, so that a cluster keeps them on one node and loses them together.
func stream(source string) string   { return "kept:events:{" + source + "}" }
func epochKey(source string) string { return "kept:epoch:{" + source + "}" }

// Publish appends the events to the source's stream, in one round trip and at once: a reader that waits is woken by the
// first command that has something for it, and would be given one event and the rest later.
func (b *Redis) Publish(ctx context.Context, source string, events []event.Event) error {
	failpoint.Hit("publish.before", source)
	pipe := b.cfg.Client.TxPipeline()
	for _, e := range events {
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: stream(source), Values: encode(e)})
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	failpoint.Hit("publish.after", source)
	return nil
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
	for _, g := range groups {
		if g.Name == consumer {
			return b.unhandled(ctx, stream, g)
		}
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

// Epoch is a random value that Redis forgets together with the events, and the identity of its run: a server that
// was started again may have lost the last second.
func (b *Redis) Epoch(ctx context.Context, source string) (string, error) {
	key := epochKey(source)
	if err := b.cfg.Client.SetNX(ctx, key, id.New(), 0).Err(); err != nil {
		return "", err
	}
	value, err := b.cfg.Client.Get(ctx, key).Result()
	if err != nil {
		return "", err
	}
	run, err := b.runID(ctx, key)
	return value + "/" + run, err
}

// runID is the identity of the server that has the key. A cluster's client would ask just any node.
func (b *Redis) runID(ctx context.Context, key string) (string, error) {
	var node redis.Cmdable = b.cfg.Client
	if cluster, ok := b.cfg.Client.(*redis.ClusterClient); ok {
		master, err := cluster.MasterForKey(ctx, key)
		if err != nil {
			return "", err
		}
		node = master
	}
	text, err := node.Info(ctx, "server").Result()
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(text) {
		if run, ok := strings.CutPrefix(line, "run_id:"); ok {
			return strings.TrimSpace(run), nil
		}
	}
	return "", errors.New("redis does not tell its run_id")
}

// Ping tells whether Redis answers.
func (b *Redis) Ping(ctx context.Context) error { return b.cfg.Client.Ping(ctx).Err() }
