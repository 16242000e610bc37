package fulfillment

import (
	"context"
	"errors"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// GetDeliveryOption returns a way of delivery.
//
// Errors: NOT_FOUND for an unknown one.
func (s *Service) GetDeliveryOption(
	ctx context.Context, req *orderv1.GetDeliveryOptionRequest,
) (*orderv1.DeliveryOption, error) {
	rows, err := s.db.Query(ctx, selectOption, optionID(req.GetName()))
	if err != nil {
		return nil, err
	}
	option, err := sqldb.One(rows, scanOption)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return option, err
}
