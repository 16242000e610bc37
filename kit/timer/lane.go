package timer

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"kept.dev/kit/sqldb"
)

// lane has the outside calls of one sort and a bound on how many are under way: whoever waits for one provider does not
// hold up the calls to others.
type lane struct {
	w      *Worker
	atOnce int
	// portion is how many places have to be free for the worker to look at once for timers to fill them.
	portion int
	out     atomic.Int64 // calls that are under way
	wake    chan struct{}
	looked  time.Time // when the worker looked last
	sure    bool      // whether there was more than could be leased then
	// due is the rest of the query for the lane's timers, the first due first.
	due func() string
	// begin starts the calls of leased timers.
	begin func(ctx context.Context, leased []Timer, calls *sync.WaitGroup)
}

func (w *Worker) newLane(atOnce, portion int) *lane {
	return &lane{w: w, atOnce: atOnce, portion: portion, wake: make(chan struct{}, 1)}
}

// start leases as many due timers as may be called now, and starts their calls.
func (l *lane) start(ctx context.Context, calls *sync.WaitGroup) (int, error) {
	free := l.free()
	if free <= 0 || free < l.portion && time.Since(l.looked) < l.w.cfg.Poll/2 {
		return 0, nil // by ones and twos it would cost more to lease them; soon more places are free
	}
	due := l.due()
	if l.looked = time.Now(); !l.sure {
		if any, err := l.w.anyDue(ctx, `select kind`+due, l.w.cfg.Clock.Now().UnixMicro(), l.looked.UnixMicro()); err != nil || !any {
			return 0, err
		}
	}
	defer l.w.cfg.Activity.Begin()()
	leased, err := l.lease(ctx, due, free)
	l.sure = err == nil && len(leased) == free
	if err != nil || len(leased) == 0 {
		return 0, err
	}
	l.out.Add(int64(len(leased)))
	l.begin(ctx, leased, calls)
	return len(leased), nil
}

func (l *lane) free() int { return l.atOnce - int(l.out.Load()) }

// over says that so many calls have come to their end.
func (l *lane) over(calls int) {
	l.out.Add(-int64(calls))
	if l.free() >= l.portion {
		nudge(l.wake)
	}
}

// lease takes due timers, the first due first, under a new fencing number each.
func (l *lane) lease(ctx context.Context, due string, limit int) (leased []Timer, err error) {
	cfg, now := l.w.cfg, time.Now()
	err = cfg.DB.UpdateAlone(ctx, "timer.lease", func(tx *sqldb.Tx) error {
		leased = nil
		rows, err := tx.Query(`select kind, key`+due+` limit $3`+cfg.DB.SkipLocked(), cfg.Clock.Now().UnixMicro(), now.UnixMicro(), limit)
		if err != nil || rows.Len() == 0 {
			return err
		}
		updates, err := sqldb.All(rows, func(r *sqldb.Rows) (*sqldb.Stmt, error) {
			var kind, key string
			err := r.Scan(&kind, &key)
			return sqldb.Q(takeLease, kind, key, now.Add(cfg.Lease).UnixMicro()), err
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
