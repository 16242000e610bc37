package bus

import (
	"context"
	"errors"
	"fmt"
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
	return &Redis{cfg: cfg, consumer: id.New()}
}

func stream(source string) string { return "kept:events:" + source }

// Publish appends the events to the source's stream, in one round trip.
func (b *Redis) Publish(ctx context.Context, source string, events []event.Event) error {
	failpoint.Hit("publish.before", source)
	pipe := b.cfg.Client.Pipeline()
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
		group.Go(func() error { return b.consume(ctx, source, consumer, handle) })
	}
	return group.Wait()
}

func (b *Redis) consume(ctx context.Context, source, consumer string, handle Handle) error {
	var lastClaim time.Time
	failures := 0
	for ctx.Err() == nil {
		var err error
		if time.Since(lastClaim) > b.cfg.Idle/2 {
			err = b.takeOver(ctx, source, consumer, handle)
			lastClaim = time.Now()
		}
		if err == nil {
			err = b.readOnce(ctx, source, consumer, handle)
		}
		if err == nil {
			failures = 0
			continue
		}
		if strings.HasPrefix(err.Error(), "NOGROUP") {
			err = b.createGroup(ctx, source, consumer)
		}
		if err != nil {
			failures++
			pause(ctx, min(time.Second, time.Duration(failures)*50*time.Millisecond))
		}
	}
	return nil
}

func (b *Redis) createGroup(ctx context.Context, source, consumer string) error {
	err := b.cfg.Client.XGroupCreateMkStream(ctx, stream(source), consumer, "0").Err()
	if err != nil && strings.HasPrefix(err.Error(), "BUSYGROUP") {
		return nil
	}
	return err
}

// readOnce waits a moment for new events and hands them over.
func (b *Redis) readOnce(ctx context.Context, source, consumer string, handle Handle) error {
	streams, err := b.cfg.Client.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: consumer, Consumer: b.consumer, Streams: []string{stream(source), ">"}, Count: Batch, Block: time.Second,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.handOver(ctx, source, consumer, streams[0].Messages, handle)
}

// takeOver hands over what other replicas, or this one, left unacknowledged for too long.
func (b *Redis) takeOver(ctx context.Context, source, consumer string, handle Handle) error {
	for start := "0-0"; ; {
		messages, next, err := b.cfg.Client.XAutoClaim(ctx, &redis.XAutoClaimArgs{
			Stream: stream(source), Group: consumer, Consumer: b.consumer, MinIdle: b.cfg.Idle, Start: start, Count: Batch,
		}).Result()
		if err != nil {
			return err
		}
		if err := b.handOver(ctx, source, consumer, messages, handle); err != nil {
			return err
		}
		if next == "0-0" {
			return nil
		}
		start = next
	}
}

func (b *Redis) handOver(ctx context.Context, source, consumer string, messages []redis.XMessage, handle Handle) error {
	if len(messages) == 0 {
		return nil
	}
	events, ids := make([]event.Event, 0, len(messages)), make([]string, 0, len(messages))
	for _, m := range messages {
		ids = append(ids, m.ID)
		events = append(events, decode(source, m.Values))
	}
	if err := handle(ctx, events); err != nil {
		return err
	}
	failpoint.Hit("acknowledge.before", consumer)
	if err := b.cfg.Client.XAck(ctx, stream(source), consumer, ids...).Err(); err != nil {
		return err
	}
	failpoint.Hit("acknowledge.after", consumer)
	return nil
}

// Pending counts, over all streams, what the group has not read and what it has read and not acknowledged.
func (b *Redis) Pending(ctx context.Context, consumer string) (int64, error) {
	var total int64
	for _, source := range b.cfg.Services {
		groups, err := b.cfg.Client.XInfoGroups(ctx, stream(source)).Result()
		if err != nil && strings.Contains(err.Error(), "no such key") {
			continue
		}
		if err != nil {
			return 0, err
		}
		found := false
		for _, g := range groups {
			if g.Name == consumer {
				found = true
				total += g.Pending + max(g.Lag, 0)
				if g.Lag < 0 { // Redis can't tell: something is there that the group has not read
					total++
				}
			}
		}
		if !found {
			n, err := b.cfg.Client.XLen(ctx, stream(source)).Result()
			if err != nil {
				return 0, err
			}
			total += n
		}
	}
	return total, nil
}

// Epoch is a random value that Redis forgets together with the events, and the identity of its run: a server that
// was started again may have lost the last second.
func (b *Redis) Epoch(ctx context.Context, source string) (string, error) {
	key := "kept:epoch:" + source
	if err := b.cfg.Client.SetNX(ctx, key, id.New(), 0).Err(); err != nil {
		return "", err
	}
	value, err := b.cfg.Client.Get(ctx, key).Result()
	if err != nil {
		return "", err
	}
	info, err := b.cfg.Client.InfoMap(ctx, "server").Result()
	if err != nil {
		return "", err
	}
	return value + "/" + info["Server"]["run_id"], nil
}

// Trim cuts the stream below the oldest event that some group has not acknowledged.
func (b *Redis) Trim(ctx context.Context, source string) error {
	groups, err := b.cfg.Client.XInfoGroups(ctx, stream(source)).Result()
	if err != nil && strings.Contains(err.Error(), "no such key") || len(groups) < len(b.cfg.Services) {
		return nil
	}
	if err != nil {
		return err
	}
	lowest := ""
	for _, g := range groups {
		done := g.LastDeliveredID
		if g.Pending > 0 {
			p, err := b.cfg.Client.XPending(ctx, stream(source), g.Name).Result()
			if err != nil {
				return err
			}
			done = p.Lower
		}
		if lowest == "" || lessID(done, lowest) {
			lowest = done
		}
	}
	return b.cfg.Client.XTrimMinID(ctx, stream(source), lowest).Err()
}

// Ping tells whether Redis answers.
func (b *Redis) Ping(ctx context.Context) error { return b.cfg.Client.Ping(ctx).Err() }

// lessID compares stream ids, "milliseconds-sequence", as numbers.
func lessID(a, b string) bool {
	am, as, _ := strings.Cut(a, "-")
	bm, bs, _ := strings.Cut(b, "-")
	return shorterOrLess(am, bm) || am == bm && shorterOrLess(as, bs)
}

func shorterOrLess(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
