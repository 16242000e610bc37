package relay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kept.dev/kit/bus"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
)

// The lease's state is the bus's epoch as the relay knows it. While the window is put back after a change, it goes on
// with the event up to which that is done.
const (
	selectState = `select state from lease where name = 'relay'`
	setState    = `update lease set state = $1 where name = 'relay'`
	doneUpTo    = " done up to "
)

// checkEpoch publishes the window again when the bus may have lost it. It looks after each second, so that what was
// published to a server that has died meanwhile is among it.
func (r *Relay) checkEpoch(ctx context.Context) error {
	if time.Since(r.looked) >= time.Second {
		epoch, err := r.cfg.Bus.Epoch(ctx, r.cfg.Source)
		if err != nil {
			return fmt.Errorf("bus epoch: %w", err)
		}
		if err := r.compare(ctx, epoch); err != nil {
			return err
		}
		r.looked = time.Now()
	}
	return nil
}

// compare looks whether the epoch is the known one, or whether a replica that has gone was putting the window back.
func (r *Relay) compare(ctx context.Context, epoch string) error {
	state, err := state(ctx, r.cfg.DB)
	if err != nil {
		return err
	}
	known, from, unfinished := strings.Cut(state, doneUpTo)
	switch {
	case known == epoch && unfinished:
		r.epoch, r.replay = epoch, from
		return nil
	case known == epoch:
		r.epoch, r.replay = epoch, ""
		return nil
	case known == "": // nothing was ever published
		r.epoch, r.replay = epoch, ""
		err = r.guarded(ctx, "relay.epoch", sqldb.Q(setState, epoch))
		return err
	}
	from = id.Floor(time.Now().Add(-Window))
	r.cfg.Log.InfoContext(ctx, "the bus may have lost events: those of the last days are published again", "window", Window)
	if err = r.guarded(ctx, "relay.epoch", sqldb.Q(setState, epoch+doneUpTo+from)); err == nil {
		r.epoch, r.replay = epoch, from
	}
	return err
}

// atOnce is how many events are put back in one transaction: a whole window would not fit.
const atOnce = 5000

const (
	selectWindow = `select id from outbox where id > $1 and not pending order by id limit $2`
	putWindow    = `update outbox set pending = true where not pending and id > $1 and id <= $2`
)

// putBack makes the next part of the window pending again, when all that was pending is published.
func (r *Relay) putBack(ctx context.Context) error {
	rows, err := r.cfg.DB.Query(ctx, selectWindow, r.replay, atOnce)
	if err != nil {
		return err
	}
	ids, err := sqldb.All(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		err := r.guarded(ctx, "relay.epoch", sqldb.Q(setState, r.epoch))
		if err == nil {
			r.replay = ""
		}
		return err
	}
	last := ids[len(ids)-1]
	err = r.guarded(ctx, "relay.replay",
		sqldb.Q(putWindow, r.replay, last),
		sqldb.Q(setState, r.epoch+doneUpTo+last))
	if err == nil {
		r.replay = last
	}
	return err
}

func state(ctx context.Context, db *sqldb.DB) (string, error) {
	rows, err := db.Query(ctx, selectState)
	if err != nil {
		return "", err
	}
	s, err := sqldb.One(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", nil
	}
	return s, err
}

// Owing tells whether the bus may lack events that were published once: it has another epoch than the relay knows.
func Owing(ctx context.Context, db *sqldb.DB, b bus.Bus, source string) (bool, error) {
	epoch, err := b.Epoch(ctx, source)
	if err != nil {
		return false, err
	}
	known, err := state(ctx, db)
	return known != epoch, err
}
