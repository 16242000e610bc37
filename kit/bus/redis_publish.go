package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
)

// Publish appends the events to the source's stream, together with their number and at once: a reader that waits is woken
// by the first command that has something for it, and would be given one event and the rest later.
//
// The number is compared under WATCH. A Redis that was restored to an earlier moment has an earlier number, so what it has lost
// is noticed before anything new hides it.
func (b *Redis) Publish(ctx context.Context, source string, number Number, events []event.Event) error {
	failpoint.Hit("publish.before", source)
	err := b.cfg.Client.Watch(ctx, func(tx *redis.Tx) error {
		last, err := lastNumber(ctx, tx, source)
		if err != nil {
			return err
		}
		if last != number.Before {
			return ErrNumber
		}
		_, err = tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, e := range events {
				pipe.XAdd(ctx, &redis.XAddArgs{Stream: stream(source), Values: encode(e)})
			}
			pipe.Set(ctx, numberKey(source), number.This, 0)
			return nil
		})
		return err
	}, numberKey(source))
	if errors.Is(err, redis.TxFailedErr) {
		err = ErrNumber
	}
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	failpoint.Hit("publish.after", source)
	return nil
}

// Published implements Bus.
func (b *Redis) Published(ctx context.Context, source string) (int64, error) {
	return lastNumber(ctx, b.cfg.Client, source)
}

// Keeps implements Bus.
func (b *Redis) Keeps() bool { return true }

func lastNumber(ctx context.Context, client redis.Cmdable, source string) (int64, error) {
	n, err := client.Get(ctx, numberKey(source)).Int64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return n, err
}
