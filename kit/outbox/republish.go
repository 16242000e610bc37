package outbox

import (
	"context"
	"time"

	"kept.dev/kit/bus"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
)

// Events of some types are wished for again when a handler of them is new somewhere. They go as the window does: all that were
// published since are put back page by page, and whoever has had them drops them.

const (
	selectWished = `
		select id from outbox where type = $1 and id > $2 and id <= $3 and not pending order by id limit $4`
	putWished = `update outbox set pending = true where type = $1 and not pending and id > $2 and id <= $3`
)

// grant puts back what the bus's consumers wish for. A relay that dies meanwhile, or loses its lease, leaves the wish to the next.
func (r *Relay) grant(ctx context.Context) error {
	wishes, err := r.cfg.Bus.Wishes(ctx, r.cfg.Source)
	if err != nil || len(wishes) == 0 {
		return err
	}
	for _, w := range wishes {
		if err := r.putBackType(ctx, w); err != nil {
			return err
		}
	}
	r.swept = time.Time{} // they are old: look over all events now
	return r.cfg.Bus.Granted(ctx, r.cfg.Source, wishes)
}

func (r *Relay) putBackType(ctx context.Context, w bus.Wish) error {
	from, to := id.Floor(w.Since), id.New()
	for {
		rows, err := r.cfg.DB.Query(ctx, selectWished, w.Type, from, to, atOnce)
		if err != nil {
			return err
		}
		ids, err := sqldb.All(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
		if err != nil || len(ids) == 0 {
			return err
		}
		last := ids[len(ids)-1]
		if err := r.guarded(ctx, "relay.republish", sqldb.Q(putWished, w.Type, from, last)); err != nil {
			return err
		}
		from = last
	}
}
