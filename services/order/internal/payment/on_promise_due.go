package payment

import (
	"context"
	"strings"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// onPromiseDue answers whether a refund was settled in time. One that was has answered already, when it was settled; one that
// is still under way now has broken its promise.
func (s *Service) onPromiseDue(ctx context.Context, tx *sqldb.Tx, _ event.Event, due *promisev1.PromiseDue) error {
	rest, ours := strings.CutPrefix(due.GetAbout(), "orders/")
	order, id, isRefund := strings.Cut(rest, "/refunds/")
	if due.GetService() != "order" || !ours || !isRefund {
		return nil
	}
	return s.answer(ctx, tx, order, id, versionOverdue, s.clock.Now())
}
