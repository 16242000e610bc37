package timer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
)

// outsideBatch is how many outside calls one worker makes at the same time.
const outsideBatch = 16

const findOutside = `
	select kind, key from timer
	where not parked and due <= $1 and outside and leased <= $2
	order by due limit $3`

const takeLease = `
	update timer set leased = $3, fence = fence + 1
	where kind = $1 and key = $2
	returning kind, key, due, payload, traceparent, attempts, outside, fence`

// outsideRound leases due outside timers, makes their calls side by side, and writes down each result.
func (w *Worker) outsideRound(ctx context.Context) (int, error) {
	leased, err := w.lease(ctx)
	if err != nil {
		return 0, err
	}
	var calls sync.WaitGroup
	results := make([]error, len(leased))
	for i, t := range leased {
		calls.Go(func() { results[i] = w.callOut(ctx, t) })
	}
	calls.Wait()
	return len(leased), errors.Join(results...)
}

func (w *Worker) lease(ctx context.Context) (leased []Timer, err error) {
	now := time.Now()
	err = w.cfg.DB.UpdateAlone(ctx, "timer.lease", func(tx *sqldb.Tx) error {
		leased = nil
		rows, err := tx.Query(findOutside+w.cfg.DB.SkipLocked(), w.cfg.Clock.Now().UnixMicro(), now.UnixMicro(), outsideBatch)
		if err != nil || rows.Len() == 0 {
			return err
		}
		var updates []*sqldb.Stmt
		for rows.Next() {
			var kind, key string
			if err := rows.Scan(&kind, &key); err != nil {
				return err
			}
			updates = append(updates, sqldb.Q(takeLease, kind, key, now.Add(w.cfg.Lease).UnixMicro()))
		}
		answers, err := tx.Batch(updates...)
		if err != nil {
			return err
		}
		for _, a := range answers {
			t, err := sqldb.One(a, scan)
			if err != nil {
				return err
			}
			leased = append(leased, t)
		}
		return nil
	})
	return leased, err
}

// callOut makes one call, within the lease, and ends the timer together with the result.
func (w *Worker) callOut(ctx context.Context, t Timer) error {
	handle, ok := w.outside[t.Kind]
	if !ok {
		return w.charge(ctx, t, fmt.Errorf("no handler for timers of kind %s", t.Kind))
	}
	ctx, span := w.cfg.Tracer.Start(event.Resume(ctx, t.traceparent), "timer "+t.Kind)
	defer span.End()
	call, cancel := context.WithTimeout(ctx, w.cfg.Lease)
	defer cancel()
	failpoint.Hit("outside.before", t.Kind)
	finish, err := handle(call, t)
	if err != nil {
		return w.charge(ctx, t, err)
	}
	failpoint.Hit("outside.after", t.Kind)
	err = w.end(ctx, t, finish)
	if errors.Is(err, ErrLeaseLost) {
		w.cfg.Log.InfoContext(ctx, "another worker has taken the timer over", "kind", t.Kind, "key", t.Key)
		return nil
	}
	return err
}

const endLeased = `delete from timer where kind = $1 and key = $2 and fence = $3 returning key`

// end deletes the timer under its fencing number and writes the result; without the lease, neither.
func (w *Worker) end(ctx context.Context, t Timer, finish func(context.Context, *sqldb.Tx) error) error {
	return w.cfg.DB.UpdateAlone(ctx, "timer."+t.Kind, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(endLeased, t.Kind, t.Key, t.fence)
		if err != nil {
			return err
		}
		if rows.Len() == 0 && !failpoint.Off(failpoint.LeaseFence) {
			return ErrLeaseLost
		}
		return finish(ctx, tx)
	})
}
