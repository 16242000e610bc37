package imports

import (
	"context"
	"errors"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
)

const undo = `update import_job set state = case when state in (4, 5) then 6 else 0 end`

// UndoImport takes back what an ended import has brought. It is done in steps, as the import was.
//
// Errors: NOT_FOUND for an unknown import; FAILED_PRECONDITION (IMPORT_NOT_ENDED).
func (s *Service) UndoImport(ctx context.Context, req *orderv1.UndoImportRequest) (*orderv1.Import, error) {
	now := s.clock.Now()
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Import, error) {
		nextStep.Set(ctx, tx, idOf(req.GetName()), now, nil)
		return move(tx, req.GetName(), errs.Refused("IMPORT_NOT_ENDED", "%s runs, or has been undone", req.GetName()), undo)
	})
}

const selectBrought = `select start, orders, returns from import_brought where import_id = $1 order by start desc limit 1`

// brought is what one step has brought.
type brought struct {
	start           int64
	orders, returns []byte
}

// takeBack takes back what one step has brought, the last first.
func (s *Service) takeBack(_ context.Context, j job) (func(context.Context, *sqldb.Tx) error, error) {
	return func(ctx context.Context, tx *sqldb.Tx) error {
		id := idOf(j.GetName())
		results, err := tx.Batch(sqldb.Q(goOn, id, int64(orderv1.Import_UNDOING)), sqldb.Q(selectBrought, id))
		if err != nil || results[0].Len() == 0 {
			return err
		}
		last, err := sqldb.One(results[1], func(r *sqldb.Rows) (b brought, err error) { return b, r.Scan(&b.start, &b.orders, &b.returns) })
		if errors.Is(err, sqldb.ErrNoRow) {
			tx.Exec(`update import_job set state = 7, ended = $2 where id = $1`, id, s.clock.Now().UnixMicro())
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.remove(ctx, tx, j, last); err != nil {
			return err
		}
		tx.Exec(`delete from import_brought where import_id = $1 and start = $2`, id, last.start)
		nextStep.Set(ctx, tx, id, s.clock.Now(), nil)
		return nil
	}, nil
}

// remove deletes orders and returns, and tells of it.
func (s *Service) remove(ctx context.Context, tx *sqldb.Tx, j job, b brought) error {
	if err := s.removeReturns(ctx, tx, j, unpacked(b.returns)); err != nil {
		return err
	}
	ids := unpacked(b.orders)
	removed, err := order.RemoveImported(tx, ids)
	if err != nil || len(removed) == 0 {
		return err
	}
	list, args := sqldb.List(1, ids)
	tx.Exec(`delete from import_return where order_id in `+list+` and not exists (select id from orders where orders.id = import_return.order_id)`, args...)
	tx.Exec(`update import_job set removed = removed + $2 where id = $1`, idOf(j.GetName()), int64(len(removed)))
	return s.outbox.Append(ctx, tx, j.GetName(), b.start, &orderv1.ImportedOrdersRemoved{SourceImport: j.GetName(), Orders: removed})
}

// removeReturns takes returns off the orders that they had been taken from, and forgets them.
func (s *Service) removeReturns(ctx context.Context, tx *sqldb.Tx, j job, ids []string) error {
	known, err := findReturns(tx, ids)
	if err != nil {
		return err
	}
	moved := map[string]bool{}
	var alone []*orderv1.ImportedOrdersRemoved_Order
	for _, id := range ids {
		r, there := known[id]
		if !there {
			continue
		}
		if r.settled {
			off, err := order.KeepAfterAll(tx, r.orderID, r.ImportedReturn)
			switch {
			case err != nil:
				return err
			case off && r.orderID == r.ID:
				alone = append(alone, &orderv1.ImportedOrdersRemoved_Order{Order: "orders/" + r.ID, Customer: r.Customer})
			case off:
				moved[r.orderID] = true
			}
		}
		tx.Exec(`delete from import_return where id = $1`, id)
	}
	if err := s.tell(ctx, tx, j, moved); err != nil || len(alone) == 0 {
		return err
	}
	return s.outbox.Append(ctx, tx, j.GetName(), j.GetContentSize()+1, &orderv1.ImportedOrdersRemoved{SourceImport: j.GetName(), Orders: alone})
}
