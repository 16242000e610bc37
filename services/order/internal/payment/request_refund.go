package payment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// settleWithin is how soon money that is owed is promised to be back.
const settleWithin = 72 * time.Hour

// refundKind is the kind of promise that a refund makes.
const refundKind = "promiseKinds/refund"

// RefundRequest is money that a customer is to get back.
type RefundRequest struct {
	Order    string // orders/{order}
	Customer string
	Purpose  orderv1.Refund_Purpose
	// Shortage is the id of the shortage that it is for, where the purpose is SHORTAGE.
	Shortage string
	Amount   money.Amount
}

// id is the last part of the refund's name: there is one for each purpose, and one for each shortage.
func (o RefundRequest) id() string {
	purpose := strings.ReplaceAll(strings.ToLower(o.Purpose.String()), "_", "-")
	if o.Purpose == orderv1.Refund_SHORTAGE {
		return purpose + "-" + o.Shortage
	}
	return purpose
}

const insertRefund = `
	insert into refund (order_id, id, purpose, state, amount, currency, customer, created, reference, promise, promise_state, due)
	values ($1, $2, $3, 1, $4, $5, $6, $7, '', $8, 1, $9)
	on conflict (order_id, id) do nothing returning amount`

const addRefunded = `update orders set refunded = refunded + $2 where id = $1`

// RequestRefund owes the customer an amount, in the transaction of whatever is the reason, promises when it will be back, and
// has it settled soon after. Asked for again, or for nothing, it does nothing; requested tells whether it did.
func (s *Service) RequestRefund(ctx context.Context, tx *sqldb.Tx, o RefundRequest) (requested bool, err error) {
	if o.Amount.Minor == 0 {
		return false, nil
	}
	now := s.clock.Now()
	order, id := strings.TrimPrefix(o.Order, "orders/"), o.id()
	name := refundName(order, id)
	due := now.Add(settleWithin)
	rows, err := tx.Query(insertRefund, order, id, int64(o.Purpose), o.Amount.Minor, o.Amount.Currency, o.Customer,
		now.UnixMicro(), promiseOf(name), due.UnixMicro())
	if err != nil || rows.Len() == 0 {
		return false, err
	}
	tx.Exec(addRefunded, order, o.Amount.Minor)
	settle.Set(ctx, tx, order+"_"+id, now, nil)
	return true, s.outbox.Append(ctx, tx, name, 1,
		&orderv1.RefundRequested{
			Refund: name, Order: o.Order, Customer: o.Customer, Amount: o.Amount.Proto(), Purpose: o.Purpose,
			PromisedSettleTime: timestamppb.New(due),
		},
		&promisev1.PromiseMade{
			Promise: promiseOf(name), Customer: o.Customer, Kind: refundKind, Service: "order", About: name,
			DueTime: timestamppb.New(due),
		})
}

// promiseOf is the promise that a refund is settled in time. It follows from the refund's name, so that whoever makes it
// twice makes the same one.
func promiseOf(refund string) string {
	sum := sha256.Sum256([]byte(refund))
	return "promises/" + hex.EncodeToString(sum[:16])
}

func refundName(order, id string) string { return "orders/" + order + "/refunds/" + id }

func micros(t time.Time) int64 { return t.UnixMicro() }
