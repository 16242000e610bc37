package payment

import (
	"context"
	"errors"
	"strings"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const selectRefund = selectRefunds + `
	where order_id = $1 and id = $2 and ($3 = '' or exists (select 1 from orders where id = refund.order_id and customer = $3))`

// GetRefund returns one refund.
//
// Errors: NOT_FOUND for an unknown refund, and for a customer who asks about another's.
func (s *Service) GetRefund(ctx context.Context, req *orderv1.GetRefundRequest) (*orderv1.Refund, error) {
	order, id, _ := strings.Cut(strings.TrimPrefix(req.GetName(), "orders/"), "/refunds/")
	rows, err := s.db.Query(ctx, selectRefund, order, id, access.ScopeOf(ctx).Customer)
	if err != nil {
		return nil, err
	}
	refund, err := sqldb.One(rows, scanRefund)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return refund, err
}
