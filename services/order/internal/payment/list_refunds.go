package payment

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

var listing = page.Listing{
	ID:           "id",
	DefaultOrder: "create_time",
	Fields:       []page.Field{{Name: "create_time", Column: "created", Kind: page.Timestamp}},
}

const selectRefunds = `
	select order_id, id, purpose, state, amount, currency, created, settled, reference, promise, due from refund`

// ListRefunds lists an order's refunds by page.
//
// Errors: NOT_FOUND for an unknown order, and for a customer who asks about another's.
func (s *Service) ListRefunds(ctx context.Context, req *orderv1.ListRefundsRequest) (*orderv1.ListRefundsResponse, error) {
	query, err := listing.Parse(req)
	if err != nil {
		return nil, err
	}
	id := strings.TrimPrefix(req.GetParent(), "orders/")
	text, args := query.SQL(selectRefunds, page.Where("order_id = ?", id))
	results, err := s.db.Batch(ctx,
		sqldb.Q(`select id from orders where id = $1 and ($2 = '' or customer = $2)`, id, access.ScopeOf(ctx).Customer),
		sqldb.Q(text, args...))
	if err != nil {
		return nil, err
	}
	if results[0].Len() == 0 {
		return nil, errs.NotFound(req.GetParent())
	}
	refunds, err := sqldb.All(results[1], scanRefund)
	if err != nil {
		return nil, err
	}
	refunds, next, err := page.Cut(query, refunds, column)
	return &orderv1.ListRefundsResponse{Refunds: refunds, NextPageToken: next}, err
}

func column(r *orderv1.Refund, name string) any {
	if name == "created" {
		return micros(r.GetCreateTime().AsTime())
	}
	return r.GetName()[strings.LastIndexByte(r.GetName(), '/')+1:]
}

func scanRefund(rows *sqldb.Rows) (*orderv1.Refund, error) {
	var order, id string
	var purpose, state, created, due int64
	var settled *int64
	var amount money.Amount
	r := &orderv1.Refund{}
	err := rows.Scan(&order, &id, &purpose, &state, &amount.Minor, &amount.Currency, &created, &settled,
		&r.SettlementReference, &r.Promise, &due)
	r.Name = refundName(order, id)
	r.Purpose = orderv1.Refund_Purpose(purpose)
	r.State = orderv1.Refund_State(state)
	r.Amount = amount.Proto()
	r.CreateTime, r.PromisedSettleTime = timestamppb.New(time.UnixMicro(created)), timestamppb.New(time.UnixMicro(due))
	if settled != nil {
		r.SettleTime = timestamppb.New(time.UnixMicro(*settled))
	}
	return r, err
}
