package outbox

import (
	"context"
	"errors"
	"time"

	"kept.dev/kit/sqldb"
)

const takeLease = `
	insert into lease (name, holder, until) values ('relay', $1, $2)
	on conflict (name) do update set holder = excluded.holder, until = excluded.until
	where lease.holder = excluded.holder or lease.until < $3
	returning until`

// renewLease also locks the lease's row: while the transaction lasts nobody can take over.
const renewLease = `update lease set until = $2 where name = 'relay' and holder = $1 returning holder`

// errOvertaken says that another replica has taken the lease meanwhile.
var errOvertaken = errors.New("another replica publishes now")

// hold takes or renews the lease, and tells whether this process has it. It is renewed when half of it is over. A replica
// without it only reads, until the lease is about to be free.
func (r *Relay) hold(ctx context.Context) (bool, error) {
	now := time.Now()
	if r.leased.Sub(now) > r.cfg.Lease/2 {
		return true, nil
	}
	if free, err := r.free(ctx, now); err != nil || !free {
		r.leased = time.Time{}
		return false, err
	}
	until, held := now.Add(r.cfg.Lease), false
	err := r.cfg.DB.Update(ctx, "relay.lease", func(tx *sqldb.Tx) error {
		rows, err := tx.Query(takeLease, r.holder, until.UnixMicro(), now.UnixMicro())
		if err == nil {
			held = rows.Len() > 0
		}
		return err
	})
	if err != nil || !held {
		r.leased = time.Time{}
		return false, err
	}
	if r.leased.IsZero() {
		r.looked = time.Time{} // another replica may have published meanwhile
	}
	r.leased = until
	return true, nil
}

// free tells whether the lease may be taken: nobody has it, or this process has.
func (r *Relay) free(ctx context.Context, now time.Time) (bool, error) {
	if !r.leased.IsZero() {
		return true, nil
	}
	rows, err := r.cfg.DB.Query(ctx, `select holder from lease where name = 'relay' and until >= $1 and holder <> $2`,
		now.UnixMicro(), r.holder)
	return err == nil && rows.Len() == 0, err
}

// guarded runs the statements in a transaction that only the lease's holder can make, and renews the lease by it. So a
// relay that stalled and was overtaken changes nothing.
func (r *Relay) guarded(ctx context.Context, work string, stmts ...*sqldb.Stmt) error {
	until := time.Now().Add(r.cfg.Lease)
	err := r.cfg.DB.Update(ctx, work, func(tx *sqldb.Tx) error {
		stmts := append([]*sqldb.Stmt{sqldb.Q(renewLease, r.holder, until.UnixMicro())}, stmts...)
		answers, err := tx.Batch(stmts...)
		if err == nil && answers[0].Len() == 0 {
			err = errOvertaken
		}
		return err
	})
	switch {
	case err == nil:
		r.leased = until
	case errors.Is(err, errOvertaken):
		r.leased = time.Time{}
	}
	return err
}

func (r *Relay) handBack(ctx context.Context) {
	if r.leased.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := r.cfg.DB.Update(ctx, "relay.lease", func(tx *sqldb.Tx) error {
		tx.Exec(`update lease set until = 0 where name = 'relay' and holder = $1`, r.holder)
		return nil
	})
	if err != nil {
		r.cfg.Log.WarnContext(ctx, "the relay's lease runs out by itself", "error", err)
	}
}
