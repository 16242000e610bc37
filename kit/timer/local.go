package timer

import (
	"context"
	"errors"
	"fmt"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/panics"
	"kept.dev/kit/sqldb"
)

// batch is how many due timers are claimed at a time.
const batch = 200

const (
	dueLocal   = ` from timer where not parked and outside = false and due <= $1`
	claimLocal = `select ` + columns + dueLocal + ` order by due limit $2`
	claimOne   = `select ` + columns + dueLocal + ` and kind = $2 and key = $3`
)

// localRound carries out due local timers in one transaction; if one fails, each in its own.
func (w *Worker) localRound(ctx context.Context) (int, error) {
	if due, err := w.anyDue(ctx, `select kind`+dueLocal+` order by due`, w.cfg.Clock.Now().UnixMicro()); err != nil || !due {
		return 0, err
	}
	defer w.cfg.Activity.Begin()()
	claimed, err := w.together(ctx)
	if err == nil || outage(ctx, err) {
		return len(claimed), err
	}
	for _, t := range claimed {
		if err := w.single(ctx, t.Kind, t.Key); err != nil {
			return 0, err
		}
	}
	return len(claimed), nil
}

func (w *Worker) together(ctx context.Context) (claimed []Timer, err error) {
	err = w.cfg.DB.UpdateAlone(ctx, "timers", func(tx *sqldb.Tx) error {
		rows, err := tx.Query(claimLocal+w.cfg.DB.SkipLocked(), w.cfg.Clock.Now().UnixMicro(), batch)
		if err != nil {
			return err
		}
		if claimed, err = sqldb.All(rows, scan); err != nil {
			return err
		}
		for _, t := range claimed {
			failpoint.Hit("timer.claimed", t.Kind)
			if err := w.carryOut(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
	return claimed, err
}

// single carries out one timer in its own transaction and charges it for its own failure only. It reads the timer
// again: it may have been set anew meanwhile.
func (w *Worker) single(ctx context.Context, kind, key string) error {
	var t Timer
	err := w.cfg.DB.UpdateAlone(ctx, "timer."+kind, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(claimOne+w.cfg.DB.SkipLocked(), w.cfg.Clock.Now().UnixMicro(), kind, key)
		if err != nil {
			return err
		}
		if t, err = sqldb.One(rows, scan); errors.Is(err, sqldb.ErrNoRow) {
			return nil // somebody else has carried it out, or taken it back
		} else if err != nil {
			return err
		}
		return w.carryOut(ctx, tx, t)
	})
	if err == nil || outage(ctx, err) {
		return err
	}
	return w.charge(ctx, t, err)
}

// carryOut ends the timer first, so that its handler may set it anew.
func (w *Worker) carryOut(ctx context.Context, tx *sqldb.Tx, t Timer) error {
	handle, ok := w.local[t.Kind]
	if !ok {
		return fmt.Errorf("no handler for timers of kind %s", t.Kind)
	}
	ctx, span := w.cfg.Tracer.Start(event.Resume(ctx, t.traceparent), "timer "+t.Kind)
	defer span.End()
	Local(t.Kind).Cancel(tx, t.Key)
	err := panics.Catch(func() error { return handle(ctx, tx, t) })
	if err != nil {
		span.RecordError(err)
	}
	return err
}
