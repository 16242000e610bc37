package app

import (
	"context"

	"kept.dev/kit/sqldb"
)

// mostCounted is how many unpublished events are counted at most: beyond that they are many.
const mostCounted = 1000

const countUnpublished = `select count(*) from (select id from outbox where pending limit $1) as unpublished`

// behind is how many of the service's events are not published, and how many that are some consumer has not handled.
func (h *Host) behind(ctx context.Context) (int64, error) {
	rows, err := h.DB.Query(ctx, countUnpublished, int64(mostCounted))
	if err != nil {
		return 0, err
	}
	unpublished, err := sqldb.One(rows, func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
	if err != nil {
		return 0, err
	}
	unhandled, err := h.runtime.Bus.Behind(ctx, h.Service.Name)
	return unpublished + unhandled, err
}
