// Package ratelimit bounds how much one caller may ask for, so that nobody can use up what is there for all.
package ratelimit

import (
	"context"
	"time"
)

// Limiter says whether a caller's next call may go ahead, and if not, when to try again.
//
// Both drivers keep a token bucket per caller: Burst calls at once, Rate a second in the long run.
// Implementations are safe for concurrent use and never fail a call because of their own trouble.
type Limiter interface {
	Allow(ctx context.Context, caller string) (ok bool, retry time.Duration)
}

// Limit is what each caller may ask for.
type Limit struct {
	// Rate is how many calls a second a caller may make in the long run (default 100).
	Rate int
	// Burst is how many may come at once (default twice the rate).
	Burst int
	// Callers is how many callers are kept in mind at a time (default 100,000). Beyond it, the one that has been
	// silent for longest is forgotten, and starts anew.
	Callers int
}

func (l Limit) withDefaults() Limit {
	if l.Rate <= 0 {
		l.Rate = 100
	}
	if l.Burst <= 0 {
		l.Burst = 2 * l.Rate
	}
	if l.Callers <= 0 {
		l.Callers = 100_000
	}
	return l
}
