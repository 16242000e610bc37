package fulfillment

import (
	"context"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// GetDeliveryOption returns a way of delivery.
//
// Errors: NOT_FOUND for an unknown one.
func (s *Service) GetDeliveryOption(
	ctx context.Context, req *orderv1.GetDeliveryOptionRequest,
) (*orderv1.DeliveryOption, error) {
	return deliveryOptions.Get(ctx, s.db, req)
}
