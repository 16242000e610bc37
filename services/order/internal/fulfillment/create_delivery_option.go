package fulfillment

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// CreateDeliveryOption creates a way of delivery.
//
// Errors: ALREADY_EXISTS where the id is taken; INVALID_ARGUMENT for a fee that is no amount of money, or a risk time
// that is not shorter than the promised one.
func (s *Service) CreateDeliveryOption(
	ctx context.Context, req *orderv1.CreateDeliveryOptionRequest,
) (*orderv1.DeliveryOption, error) {
	option := proto.CloneOf(req.GetDeliveryOption())
	option.Name = orderv1.DeliveryOptionResourceName{DeliveryOption: req.GetDeliveryOptionId()}.String()
	option.PromisedDuration = inMicroseconds(option.GetPromisedDuration().AsDuration())
	if option.WarningDuration == nil {
		option.WarningDuration = durationpb.New(option.GetPromisedDuration().AsDuration() / 4)
	}
	option.WarningDuration = inMicroseconds(option.GetWarningDuration().AsDuration())
	if option.GetWarningDuration().AsDuration() >= option.GetPromisedDuration().AsDuration() {
		return nil, errs.Invalid("delivery_option.warning_duration", "must be shorter than promised_duration")
	}

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.DeliveryOption, error) {
		insert, err := deliveryOptionRows.Insert(tx, option)
		if err != nil {
			return nil, err
		}
		insert.Refuse("delivery_option_risk_within_promised",
			errs.Invalid("delivery_option.warning_duration", "must be at least a microsecond and shorter than promised_duration"))
		return option, nil
	})
}

// inMicroseconds is a duration as the tables keep it: what is answered now is what is read later.
func inMicroseconds(d time.Duration) *durationpb.Duration {
	return durationpb.New(d.Truncate(time.Microsecond))
}
