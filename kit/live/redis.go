package live

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"kept.dev/kit/id"
)

const (
	// channel is where all processes tell each other, in Redis Pub/Sub.
	channel = "kept:live"
	// unsaid is how many topics wait to be told to other processes. What is too much is not told: streams look.
	unsaid = 4096
	// atOnce is how many topics are told in one message.
	atOnce = 256
	// quiet is how long nothing may come from Redis before it is asked whether it is still there, and then until it counts as
	// gone.
	quiet = 10 * time.Second
	// patience is how long Redis may take to pass a message on.
	patience = time.Second
)

// Redis tells listeners in all processes that share a Redis, over one channel and one connection a process.
type Redis struct {
	local  *Local
	client redis.UniversalClient
	log    *slog.Logger
	self   string
	said   chan string
}

var _ Hub = (*Redis)(nil)

// NewRedis makes a hub. It reaches other processes while Run runs; listeners in this one are told always.
func NewRedis(client redis.UniversalClient, log *slog.Logger) *Redis {
	return &Redis{local: NewLocal(), client: client, log: log, self: id.New(), said: make(chan string, unsaid)}
}

// Say implements Hub. When Redis is away or slow, other processes are not told.
func (h *Redis) Say(topic string) {
	h.local.Say(topic)
	select {
	case h.said <- topic:
	default:
	}
}

// Listen implements Hub.
func (h *Redis) Listen(topic string) *Listener { return h.local.Listen(topic) }

// Close ends all waiting, as Local's does.
func (h *Redis) Close() { h.local.Close() }

// Run tells other processes, and listens to them, until the context ends. It does not fail: streams look while Redis is away.
func (h *Redis) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { h.speak(ctx); return nil })
	group.Go(func() error { h.hear(ctx); return nil })
	return group.Wait()
}

// speak passes on what is said.
func (h *Redis) speak(ctx context.Context) {
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case topic := <-h.said:
			err := h.publish(ctx, h.gather(topic))
			if err != nil && !failing && ctx.Err() == nil {
				h.log.WarnContext(ctx, "other processes can't be told of news; their streams are late", "error", err)
			}
			failing = err != nil
		}
	}
}

// gather takes what else waits, each topic once.
func (h *Redis) gather(topic string) []string {
	topics := []string{topic}
	for len(topics) < atOnce {
		select {
		case topic := <-h.said:
			topics = append(topics, topic)
		default:
			slices.Sort(topics)
			return slices.Compact(topics)
		}
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

func (h *Redis) publish(ctx context.Context, topics []string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return h.client.Publish(ctx, channel, h.self+"\n"+strings.Join(topics, "\n")).Err()
}

// hear subscribes, and again whenever the connection is lost.
func (h *Redis) hear(ctx context.Context) {
	for failing := false; ctx.Err() == nil; {
		err := h.subscribe(ctx, func() { failing = false })
		if !failing && ctx.Err() == nil {
			h.log.WarnContext(ctx, "news of other processes can't be heard; streams are late", "error", err)
		}
		failing = true
		select {
		case <-ctx.Done():
		case <-time.After(patience / 2):
		}
	}
}

// subscribe hears until the connection fails.
func (h *Redis) subscribe(ctx context.Context, subscribed func()) error {
	sub := h.client.Subscribe(ctx, channel)
	defer sub.Close()
	defer context.AfterFunc(ctx, func() { sub.Close() })() // reading does not end with the context
	asked := false
	for {
		message, err := sub.ReceiveTimeout(ctx, quiet)
		var slow net.Error
		if errors.As(err, &slow) && slow.Timeout() && !asked {
			asked, err = true, sub.Ping(ctx)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		asked = false
		switch m := message.(type) {
		case *redis.Subscription:
			subscribed()
			h.local.sayAll() // what was said meanwhile is lost
		case *redis.Message:
			h.take(m.Payload)
		}
	}
}

// take tells listeners here what another process has said.
func (h *Redis) take(payload string) {
	from, topics, _ := strings.Cut(payload, "\n")
	if from == h.self {
		return
	}
	for topic := range strings.SplitSeq(topics, "\n") {
		h.local.Say(topic)
	}
}
