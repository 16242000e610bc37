package payment

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

const selectRefundRequest = `
	select amount, currency, customer, purpose from refund where order_id = $1 and id = $2 and state = 1`

const settled = `update refund set state = 2, settled = $3, reference = $4 where order_id = $1 and id = $2`

// settleRefund has a refund settled and writes down that it was. The settler knows the refund by its key, so a
// process that dies between the two, or one that was thought dead, does no harm.
func (s *Service) settleRefund(ctx context.Context, t timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
	order, id, _ := strings.Cut(t.Key, "_")
	rows, err := s.db.Query(ctx, selectRefundRequest, order, id)
	if err != nil {
		return nil, err
	}
	owed, err := sqldb.One(rows, scanRefundRequest)
	if errors.Is(err, sqldb.ErrNoRow) { // settled already
		return func(context.Context, *sqldb.Tx) error { return nil }, nil
	}
	if err != nil {
		return nil, err
	}
	reference, err := s.settler.Credit(ctx, t.Key, order, owed.Amount)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *sqldb.Tx) error {
		now, name := s.clock.Now(), refundName(order, id)
		tx.Exec(settled, order, id, micros(now), reference)
		if err := s.outbox.Append(ctx, tx, name, versionSettled, &orderv1.RefundSettled{
			Refund: name, Order: "orders/" + order, Customer: owed.Customer, Amount: owed.Amount.Proto(), Purpose: owed.Purpose,
		}); err != nil {
			return err
		}
		return s.answer(ctx, tx, order, id, versionSettled, now)
	}, nil
}

// A refund passes through these versions after the first, if it passes at all, in this order.
const (
	versionOverdue = 2
	versionSettled = 3
)

func scanRefundRequest(r *sqldb.Rows) (o RefundRequest, err error) {
	var purpose int64
	err = r.Scan(&o.Amount.Minor, &o.Amount.Currency, &o.Customer, &purpose)
	o.Purpose = orderv1.Refund_Purpose(purpose)
	return o, err
}

// A promise is answered once: the row says whether it has been, and by this statement how.
const answerPromise = `
	update refund set promise_state = case when state = 2 and settled <= due then 3 else 4 end
	where order_id = $1 and id = $2 and promise_state = 1
	returning promise_state, promise, customer, due`

// answer says whether the promise that the refund is settled in time was kept, as the row has it at the given moment.
func (s *Service) answer(ctx context.Context, tx *sqldb.Tx, order, id string, version int64, now time.Time) error {
	rows, err := tx.Query(answerPromise, order, id)
	if err != nil || !rows.Next() {
		return err
	}
	var state, due int64
	var promise, customer string
	if err := rows.Scan(&state, &promise, &customer, &due); err != nil {
		return err
	}
	name := refundName(order, id)
	if state == int64(orderv1.Order_KEPT) {
		return s.outbox.Append(ctx, tx, name, version, &promisev1.PromiseKept{
			Promise: promise, Customer: customer, About: name, KeepTime: timestamppb.New(now), Kind: refundKind,
		})
	}
	return s.outbox.Append(ctx, tx, name, version, &promisev1.PromiseBroken{
		Promise: promise, Customer: customer, About: name, Kind: refundKind,
		DueTime: timestamppb.New(time.UnixMicro(due)), Cause: promisev1.PromiseBreachCause_NOT_REFUNDED,
	})
}
