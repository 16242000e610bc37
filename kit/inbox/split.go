package inbox

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// mostSplits is how often what failed is taken apart: by handler, then in halves. What fails still becomes timers, and is
// tried event by event.
const mostSplits = 3

// takeTogether takes items in one transaction or, where that fails, in smaller and smaller ones.
func (b *Inbox) takeTogether(ctx context.Context, items []item) error {
	s := &splitting{Inbox: b}
	err := b.take(ctx, items)
	if err == nil || b.away(ctx, err) {
		return err
	}
	return s.apart(ctx, items, err, 0)
}

// splitting takes apart what could not be taken together.
type splitting struct {
	*Inbox
	committed int // transactions that went through meanwhile
}

func (s *splitting) take(ctx context.Context, items []item, splits int) error {
	err := s.Inbox.take(ctx, items)
	if err == nil {
		s.committed++
		return nil
	}
	if s.away(ctx, err) {
		return err
	}
	return s.apart(ctx, items, err, splits)
}

// apart goes on with items that failed together for the given cause.
func (s *splitting) apart(ctx context.Context, items []item, cause error, splits int) (err error) {
	switch parts := byHandler(items); {
	case len(items) == 1 && s.atFault(cause):
		return s.putOff(ctx, items[0], cause)
	case len(items) == 1 || splits == mostSplits:
		return s.postpone(ctx, items)
	case len(parts) > 1:
		return s.each(ctx, parts, splits+1)
	}
	half := len(items) / 2
	return s.each(ctx, [][]item{items[:half], items[half:]}, splits+1)
}

func (s *splitting) each(ctx context.Context, parts [][]item, splits int) error {
	for _, part := range parts {
		if err := s.take(ctx, part, splits); err != nil {
			return err
		}
	}
	return nil
}

// atFault tells whether the one event that failed is to be charged with it. Rows that another holds are nobody's fault; and
// where everything is slow, so is this event: it is to blame only when other transactions went through meanwhile.
func (s *splitting) atFault(cause error) bool {
	if sqldb.Locked(cause) || ranOut(cause) && errors.Is(cause, errWaiting) {
		return false
	}
	return !ranOut(cause) || s.committed > 0
}

// ranOut tells whether the time was over, a statement's or the transaction's.
func ranOut(err error) bool { return sqldb.TimedOut(err) || errors.Is(err, context.DeadlineExceeded) }

// away tells whether our own database is away or too busy, or we are told to stop, or another replica has the same events
// and is not done with them: that is no event's fault, and the bus gives them again.
func (b *Inbox) away(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	switch kind := errs.KindOf(err); {
	case sqldb.Locked(err) && errors.Is(err, errWaiting):
		return true
	case ranOut(err) || sqldb.Locked(err):
		return !b.answers(ctx)
	default:
		return kind == codes.Unavailable || kind == codes.ResourceExhausted
	}
}

// answers tells whether the database is there at all: then it was slow, and less work may be done in time.
func (b *Inbox) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return b.db.Ping(ctx) == nil
}
