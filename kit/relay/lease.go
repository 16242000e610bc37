package relay

import (
	"context"
	"fmt"
	"time"

	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
)

const takeLease = `
	insert into lease (name, holder, until) values ('relay', $1, $2)
	on conflict (name) do update set holder = excluded.holder, until = excluded.until
	where lease.holder = excluded.holder or lease.until < $3
	returning until`

// hold takes or renews the lease, and tells whether this process has it. It is renewed when half of it is over.
func (r *Relay) hold(ctx context.Context) (bool, error) {
	now := time.Now()
	if r.leased.Sub(now) > r.cfg.Lease/2 {
		return true, nil
	}
	until, held := now.Add(r.cfg.Lease), false
	err := r.cfg.DB.UpdateAlone(ctx, "relay.lease", func(tx *sqldb.Tx) error {
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
	r.leased = until
	return true, nil
}

func (r *Relay) handBack(ctx context.Context) {
	if r.leased.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := r.cfg.DB.UpdateAlone(ctx, "relay.lease", func(tx *sqldb.Tx) error {
		tx.Exec(`update lease set until = 0 where name = 'relay' and holder = $1`, r.holder)
		return nil
	})
	if err != nil {
		r.cfg.Log.WarnContext(ctx, "the relay's lease runs out by itself", "error", err)
	}
}

// checkEpoch publishes the window again when the bus may have lost it. It looks after each second, so that what was
// published to a server that has died meanwhile is among it.
func (r *Relay) checkEpoch(ctx context.Context) error {
	if time.Since(r.looked) < time.Second {
		return nil
	}
	epoch, err := r.cfg.Bus.Epoch(ctx, r.cfg.Source)
	if err != nil {
		return fmt.Errorf("bus epoch: %w", err)
	}
	err = r.cfg.DB.UpdateAlone(ctx, "relay.epoch", func(tx *sqldb.Tx) error {
		rows, err := tx.Query(`select state from lease where name = 'relay'`)
		if err != nil {
			return err
		}
		known, err := sqldb.One(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
		if err != nil || known == epoch {
			return err
		}
		tx.Exec(`update lease set state = $1 where name = 'relay'`, epoch)
		if known != "" {
			tx.Exec(`update outbox set pending = true where not pending and id >= $1`, id.Floor(time.Now().Add(-Window)))
		}
		return nil
	})
	if err == nil {
		r.looked = time.Now()
	}
	return err
}
