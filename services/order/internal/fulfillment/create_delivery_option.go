package fulfillment

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/money"
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
	option.Name = optionCollection + req.GetDeliveryOptionId()
	option.PromisedDuration = inMicroseconds(option.GetPromisedDuration().AsDuration())
	if option.RiskDuration == nil {
		option.RiskDuration = durationpb.New(option.GetPromisedDuration().AsDuration() / 4)
	}
	option.RiskDuration = inMicroseconds(option.GetRiskDuration().AsDuration())
	if option.GetRiskDuration().AsDuration() >= option.GetPromisedDuration().AsDuration() {
		return nil, errs.Invalid("delivery_option.risk_duration", "must be shorter than promised_duration")
	}
	var fee money.Amount
	if option.GetSpeedFee() != nil {
		var err error
		if fee, err = money.Parse(option.GetSpeedFee()); err != nil {
			return nil, errs.Invalid("delivery_option.speed_fee", "%v", err)
		}
	}

	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.DeliveryOption, error) {
		insertOption(tx, req.GetDeliveryOptionId(), option, fee)
		return option, nil
	})
}

// inMicroseconds is a duration as the tables keep it: what is answered now is what is read later.
func inMicroseconds(d time.Duration) *durationpb.Duration {
	return durationpb.New(d.Truncate(time.Microsecond))
}
