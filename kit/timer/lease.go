package timer

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"kept.dev/kit/sqldb"
)

// outsidePool leases the outside timers of one kind and bounds how many calls are under way at once.
type outsidePool struct {
	w      *Worker
	pool   *pool
	atOnce int
	// portion is how many calls have to be free for more timers to be leased at once: by ones and twos it would cost more.
	portion int
	running atomic.Int64 // calls that are under way
	more    atomic.Bool  // whether some may be due that have not been leased
	tried   time.Time    // to lease
	// begin starts the calls of leased timers.
	begin func(ctx context.Context, leased []Timer, calls *sync.WaitGroup)
}

func newOutsidePool(w *Worker, k Kind, atOnce, portion int) *outsidePool {
	o := &outsidePool{w: w, atOnce: atOnce, portion: portion}
	o.pool = w.add(k, true, o.round)
	return o
}

// round leases as many due timers as may be called now, and starts their calls.
func (o *outsidePool) round(ctx context.Context, calls *sync.WaitGroup) (n int, more bool, err error) {
	o.more.Store(true)
	free := o.free()
	if free <= 0 || free < o.portion && time.Since(o.tried) < o.w.cfg.Poll/2 {
		return 0, false, nil // the call that makes enough free wakes the pool
	}
	defer o.w.cfg.Activity.Begin()()
	o.tried = time.Now()
	leased, err := o.lease(ctx, free)
	if err != nil {
		return 0, false, err
	}
	o.more.Store(len(leased) == free)
	if len(leased) > 0 {
		o.running.Add(int64(len(leased)))
		o.begin(ctx, leased, calls)
	}
	return len(leased), false, nil
}

func (o *outsidePool) free() int { return o.atOnce - int(o.running.Load()) }

// over says that so many calls have come to their end.
func (o *outsidePool) over(calls int) {
	o.running.Add(-int64(calls))
	if o.more.Load() && o.free() >= o.portion {
		nudge(o.pool.wake)
	}
}

const selectToLease = `select key from timer where kind = $1 and not parked and due <= $2 and leased <= $3 order by due limit $4`

// lease takes due timers, the first due first, under a new fencing number each.
func (o *outsidePool) lease(ctx context.Context, limit int) (leased []Timer, err error) {
	cfg, now := o.w.cfg, time.Now()
	err = cfg.DB.Update(ctx, "timer.lease", func(tx *sqldb.Tx) error {
		leased = nil
		rows, err := tx.Query(selectToLease+cfg.DB.SkipLocked(), o.pool.kind, cfg.Clock.Now().UnixMicro(), now.UnixMicro(), limit)
		if err != nil || rows.Len() == 0 {
			return err
		}
		updates, err := sqldb.All(rows, func(r *sqldb.Rows) (*sqldb.Stmt, error) {
			var key string
			err := r.Scan(&key)
			return sqldb.Q(takeLease, o.pool.kind, key, now.Add(cfg.Lease).UnixMicro()), err
		})
		if err != nil {
			return err
		}
		leased, err = takeLeases(tx, updates)
		return err
	})
	return leased, err
}

// One statement a row: as a queue is now empty and now full, PostgreSQL may take a list of keys for most of the table.
const takeLease = `
	update timer set leased = $3, fence = fence + 1
	where kind = $1 and key = $2
	returning ` + columns

func takeLeases(tx *sqldb.Tx, updates []*sqldb.Stmt) (leased []Timer, err error) {
	answers, err := tx.Batch(updates...)
	if err != nil {
		return nil, err
	}
	leased = make([]Timer, len(answers))
	for i, a := range answers {
		if leased[i], err = sqldb.One(a, scan); err != nil {
			return nil, err
		}
	}
	return leased, nil
}
