package outbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kept.dev/kit/bus"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
)

// position is how far the relay has come, as the lease's state has it. A bus that keeps events keeps the number of the last
// publication with them. Where it has an earlier one it has lost what was published after that, and it is published again.
type position struct {
	number int64
	// replay is the event up to which what was lost has been put back; empty when there is nothing to put back.
	replay    string
	replaying bool
}

const (
	selectState = `select state from lease where name = 'relay'`
	setState    = `update lease set state = $1 where name = 'relay'`
	doneUpTo    = " done up to "
)

func (p position) String() string {
	text := strconv.FormatInt(p.number, 10)
	if p.replaying {
		text += doneUpTo + p.replay
	}
	return text
}

// parsePosition reads a state; an empty one is that of a relay which has never published.
func parsePosition(state string) (p position, err error) {
	if state == "" {
		return p, nil
	}
	number, replay, replaying := strings.Cut(state, doneUpTo)
	p.number, err = strconv.ParseInt(number, 10, 64)
	p.replay, p.replaying = replay, replaying
	return p, err
}

// checkBus looks every second whether the bus still has what was published, also while there is nothing to publish.
func (r *Relay) checkBus(ctx context.Context) error {
	if time.Since(r.looked) < time.Second {
		return nil
	}
	if r.cfg.Bus.Keeps() {
		published, err := r.cfg.Bus.Published(ctx, r.cfg.Source)
		if err != nil {
			return fmt.Errorf("ask the bus for the last publication: %w", err)
		}
		if err := r.compare(ctx, published); err != nil {
			return err
		}
	}
	if err := r.grant(ctx); err != nil {
		return err
	}
	r.looked = time.Now()
	return nil
}

// noEvent sorts after all ids: of a publication whose events are still pending.
const noEvent = "~~"

const (
	insertPublication = `insert into publication (number, lowest) values ($1, $2) on conflict (number) do nothing`
	// lowestSince finds the lowest event that was published after the given publication, if that one is known.
	lowestSince = `
		select min(lowest) from publication
		where number > $1 and exists (select 1 from publication where number = $1)`
)

// compare goes on from what the bus has.
func (r *Relay) compare(ctx context.Context, published int64) error {
	known, err := state(ctx, r.cfg.DB)
	if err != nil {
		return err
	}
	r.position = known
	switch {
	case published == known.number:
		return nil
	case published > known.number: // a publication that could not be noted any more: its events are still pending
		known.number = published
		return r.moveTo(ctx, known, sqldb.Q(insertPublication, published, noEvent))
	}
	from, err := r.lostSince(ctx, published)
	if err != nil {
		return err
	}
	r.cfg.Log.InfoContext(ctx, "the bus has lost events: they are published again", "from", from)
	if !known.replaying || from < known.replay {
		known.replay = from
	}
	known.number, known.replaying = published, true
	return r.moveTo(ctx, known)
}

// lostSince is the event after which all has to be published again: those after the last publication that the bus has, or
// the whole window if that isn't known.
func (r *Relay) lostSince(ctx context.Context, published int64) (string, error) {
	window := id.Floor(time.Now().Add(-Window))
	rows, err := r.cfg.DB.Query(ctx, lowestSince, published)
	if err != nil {
		return "", err
	}
	lowest, err := sqldb.One(rows, func(r *sqldb.Rows) (s *string, err error) { return s, r.Scan(&s) })
	if err != nil || lowest == nil || *lowest <= window {
		return window, err
	}
	return (*lowest)[:len(*lowest)-1], nil // which sorts just before it
}

func (r *Relay) moveTo(ctx context.Context, to position, stmts ...*sqldb.Stmt) error {
	err := r.guarded(ctx, "relay.position", append(stmts, sqldb.Q(setState, to.String()))...)
	if err == nil {
		r.position = to
	}
	return err
}

// atOnce is how many events are put back in one transaction: a whole window would not fit.
const atOnce = 5000

const (
	selectWindow = `select id from outbox where id > $1 and not pending order by id limit $2`
	putWindow    = `update outbox set pending = true where not pending and id > $1 and id <= $2`
)

// putBack makes the next part of what was lost pending again, when all that was pending is published.
func (r *Relay) putBack(ctx context.Context) error {
	rows, err := r.cfg.DB.Query(ctx, selectWindow, r.position.replay, atOnce)
	if err != nil {
		return err
	}
	ids, err := sqldb.All(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
	if err != nil {
		return err
	}
	next := r.position
	if len(ids) == 0 {
		next.replay, next.replaying = "", false
		return r.moveTo(ctx, next)
	}
	next.replay = ids[len(ids)-1]
	r.swept = time.Time{} // they are old: the next round finds them, and puts back no more before they are published
	return r.moveTo(ctx, next, sqldb.Q(putWindow, r.position.replay, next.replay))
}

func state(ctx context.Context, db *sqldb.DB) (position, error) {
	rows, err := db.Query(ctx, selectState)
	if err != nil {
		return position{}, err
	}
	s, err := sqldb.One(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
	if errors.Is(err, sqldb.ErrNoRow) {
		return position{}, nil
	}
	if err != nil {
		return position{}, err
	}
	return parsePosition(s)
}

// Pending tells whether the bus lacks events that were published once.
func Pending(ctx context.Context, db *sqldb.DB, b bus.Bus, source string) (bool, error) {
	if !b.Keeps() {
		return false, nil
	}
	published, err := b.Published(ctx, source)
	if err != nil {
		return false, err
	}
	known, err := state(ctx, db)
	return known.number != published || known.replaying, err
}
