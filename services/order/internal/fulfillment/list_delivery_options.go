package fulfillment

import (
	"context"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// ListDeliveryOptions lists the ways of delivery by page, by name.
func (s *Service) ListDeliveryOptions(
	ctx context.Context, req *orderv1.ListDeliveryOptionsRequest,
) (*orderv1.ListDeliveryOptionsResponse, error) {
	return deliveryOptions.List(ctx, s.db, req)
}
