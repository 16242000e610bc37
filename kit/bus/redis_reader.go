package bus

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
)

// reader reads one stream for one group.
type reader struct {
	bus                   *Redis
	stream, source, group string
	handle                Handle
	swept                 time.Time // when it last looked for what others have left
}

func (r *reader) run(ctx context.Context) error {
	failures, ready := 0, false
	for ctx.Err() == nil {
		var err error
		if !ready {
			err = r.createGroups(ctx)
			ready = err == nil
		}
		if err == nil {
			err = r.round(ctx)
		}
		if err != nil && strings.HasPrefix(err.Error(), "NOGROUP") {
			err, ready = nil, false
		}
		if err == nil {
			failures = 0
			continue
		}
		failures++
		if ctx.Err() == nil {
			r.bus.cfg.Log.WarnContext(ctx, "events cannot be taken in", "source", r.source, "error", err, "failures", failures)
		}
		pause(ctx, failures)
	}
	return nil
}

func (r *reader) round(ctx context.Context) error {
	if time.Since(r.swept) > r.bus.cfg.Idle/2 {
		if err := r.takeOver(ctx); err != nil {
			return err
		}
		r.swept = time.Now()
	}
	return r.readOnce(ctx)
}

// createGroups creates the groups of all consumers that this process has, and not only the reader's: what one of them has
// acknowledged would be trimmed before another has begun.
func (r *reader) createGroups(ctx context.Context) error {
	for _, group := range append(r.bus.expectedGroups(), r.group) {
		err := r.bus.cfg.Client.XGroupCreateMkStream(ctx, r.stream, group, "0").Err()
		if err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
			return err
		}
	}
	return nil
}

// lateness is how long after the wait is over the answer may come. The library's own ten seconds, four times, would be long to
// hang on a connection that swallows everything.
const lateness = 2 * time.Second

// readOnce waits a moment for new events and hands them over.
func (r *reader) readOnce(ctx context.Context) error {
	block := min(time.Second, r.bus.cfg.Idle/2)
	waiting, cancel := context.WithTimeout(ctx, block+lateness)
	defer cancel()
	streams, err := r.bus.cfg.Client.XReadGroup(waiting, &redis.XReadGroupArgs{
		Group: r.group, Consumer: r.bus.consumer, Streams: []string{r.stream, ">"}, Count: Batch, Block: block,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.handOver(ctx, streams[0].Messages)
}

// takeOver hands over what other replicas, or this one, left unacknowledged for too long.
func (r *reader) takeOver(ctx context.Context) error {
	for start := "0-0"; ; {
		messages, next, err := r.bus.cfg.Client.XAutoClaim(ctx, &redis.XAutoClaimArgs{
			Stream: r.stream, Group: r.group, Consumer: r.bus.consumer, MinIdle: r.bus.cfg.Idle, Start: start, Count: Batch,
		}).Result()
		if err != nil {
			return err
		}
		if err := r.handOver(ctx, messages); err != nil {
			return err
		}
		if next == "0-0" {
			return r.buryDead(ctx)
		}
		start = next
	}
}

// bury deletes consumers that have been idle for long and owe nothing: each start of a process makes new ones. It is
// a script, so that none of them can be given an event in between. One that lives after all is made again as it reads.
var bury = redis.NewScript(`
	for _, consumer in ipairs(redis.call("xinfo", "consumers", KEYS[1], ARGV[1])) do
		local c = {}
		for i = 1, #consumer, 2 do c[consumer[i]] = consumer[i + 1] end
		if c["pending"] == 0 and c["idle"] > tonumber(ARGV[2]) then
			redis.call("xgroup", "delconsumer", KEYS[1], ARGV[1], c["name"])
		end
	end
	return 1`)

func (r *reader) buryDead(ctx context.Context) error {
	return bury.Run(ctx, r.bus.cfg.Client, []string{r.stream}, r.group, (10 * r.bus.cfg.Idle).Milliseconds()).Err()
}

// handOver hands events over and acknowledges them, even when the process is told to stop meanwhile: what has been read
// would have to wait for another replica to take it over.
func (r *reader) handOver(ctx context.Context, messages []redis.XMessage) error {
	if len(messages) == 0 {
		return nil
	}
	events, ids := make([]event.Event, 0, len(messages)), make([]string, 0, len(messages))
	for _, m := range messages {
		ids = append(ids, m.ID)
		events = append(events, decode(r.source, m.Values))
	}
	stop := r.renew(ctx, ids)
	err := r.insist(ctx, events)
	stop()
	if err != nil {
		return err
	}
	failpoint.Hit("acknowledge.before", r.group)
	if err := r.bus.cfg.Client.XAck(context.WithoutCancel(ctx), r.stream, r.group, ids...).Err(); err != nil {
		return err
	}
	failpoint.Hit("acknowledge.after", r.group)
	return nil
}

// renew says again and again, until it is stopped, that this process still works on the entries: others would take them
// over and do the same work.
func (r *reader) renew(ctx context.Context, ids []string) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(r.bus.cfg.Idle / 3)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			err := r.bus.cfg.Client.XClaimJustID(ctx, &redis.XClaimArgs{
				Stream: r.stream, Group: r.group, Consumer: r.bus.consumer, Messages: ids,
			}).Err()
			if err != nil && ctx.Err() == nil {
				r.bus.cfg.Log.WarnContext(ctx, "claims cannot be renewed", "source", r.source, "error", err)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// insist hands the events over again and again while they are refused, so that a short outage delays them shortly. In
// the end others may have taken them over; then they come back through takeOver.
func (r *reader) insist(ctx context.Context, events []event.Event) error {
	begun := time.Now()
	for failures := 1; ; failures++ {
		err := r.handle(context.WithoutCancel(ctx), events)
		if err == nil || ctx.Err() != nil || time.Since(begun) > r.bus.cfg.Idle/2 {
			return err
		}
		r.bus.cfg.Log.WarnContext(ctx, "events are refused", "source", r.source, "events", len(events), "error", err)
		pause(ctx, failures)
	}
}

// pause waits longer after each failure, a second at most.
func pause(ctx context.Context, failures int) {
	select {
	case <-ctx.Done():
	case <-time.After(min(time.Second, time.Duration(failures)*50*time.Millisecond)):
	}
}
