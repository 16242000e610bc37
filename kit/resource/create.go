package resource

import (
	"context"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// Effect is what belongs to a creation or a deletion beside the row: to refuse it, to write other rows, to append an event.
type Effect[M Message] func(tx *sqldb.Tx, m M) error

// Create writes a new row. Customers create what is their own only.
//
// Errors: ALREADY_EXISTS for a name that is taken; NOT_FOUND for a parent that is not there; INVALID_ARGUMENT for an amount of
// money that can't be; the effects'.
func (r *Resource[M, L]) Create(
	ctx context.Context, db *sqldb.DB, req proto.Message, m M, effects ...Effect[M],
) (M, error) {
	return change.Do(ctx, db, req, func(tx *sqldb.Tx) (M, error) {
		if err := r.owned(ctx, m); err != nil {
			return m, err
		}
		if _, err := r.rows.Insert(tx, m); err != nil {
			return m, err
		}
		for _, do := range effects {
			if err := do(tx, m); err != nil {
				return m, err
			}
		}
		return m, nil
	})
}

// owned refuses a customer who would create what is another's.
func (r *Resource[M, L]) owned(ctx context.Context, m M) error {
	if r.plan.owner == "" {
		return nil
	}
	values, err := r.rows.Values(m)
	if err != nil {
		return err
	}
	if own := access.ScopeOf(ctx).Customer; own != "" && values[r.rows.index(r.plan.owner)] != own {
		return errs.NotFound(parentName(m.GetName()))
	}
	return nil
}
