package bench

import (
	"context"
	"fmt"
	"time"
)

// lookEvery is how often it is looked whether something has come to its end.
const lookEvery = 20 * time.Millisecond

// until waits until it is so, at most the given time, and returns how long that was.
func until(ctx context.Context, most time.Duration, what string, so func() (bool, error)) (time.Duration, error) {
	start := time.Now()
	for {
		done, err := so()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", what, err)
		}
		took := time.Since(start)
		if done {
			return took, nil
		}
		if took > most {
			return 0, fmt.Errorf("%s: not so after %s", what, most)
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}

// settle waits until every event has been handled by all: twice in a row, since what is handled may say something.
func (p *target) settle(ctx context.Context, most time.Duration) (time.Duration, error) {
	quiet := 0
	return until(ctx, most, "all events are handled", func() (bool, error) {
		l, err := p.lag(ctx)
		if quiet++; !l.none() {
			quiet = 0
		}
		return quiet > 1, err
	})
}
