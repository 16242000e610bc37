package fulfillment

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const optionCollection = "deliveryOptions/"

func optionID(name string) string { return strings.TrimPrefix(name, optionCollection) }
func orderID(name string) string  { return strings.TrimPrefix(name, "orders/") }

func insertOption(tx *sqldb.Tx, id string, o *orderv1.DeliveryOption, fee money.Amount) {
	tx.Exec(`insert into delivery_option (id, display_name, promised, risk, fee, currency) values ($1, $2, $3, $4, $5, $6)`,
		id, o.GetDisplayName(), o.GetPromisedDuration().AsDuration().Microseconds(),
		o.GetRiskDuration().AsDuration().Microseconds(), fee.Minor, fee.Currency).
		Refuse("delivery_option_pkey", errs.AlreadyExists(o.GetName())).
		Refuse("delivery_option_risk_within_promised",
			errs.Invalid("delivery_option.risk_duration", "must be at least a microsecond and shorter than promised_duration"))
}

const selectOption = `select id, display_name, promised, risk, fee, currency from delivery_option where id = $1`

func scanOption(r *sqldb.Rows) (*orderv1.DeliveryOption, error) {
	var id string
	var promised, risk int64
	var fee money.Amount
	o := &orderv1.DeliveryOption{}
	err := r.Scan(&id, &o.DisplayName, &promised, &risk, &fee.Minor, &fee.Currency)
	o.Name = optionCollection + id
	o.PromisedDuration = durationpb.New(time.Duration(promised) * time.Microsecond)
	o.RiskDuration = durationpb.New(time.Duration(risk) * time.Microsecond)
	if fee.Currency != "" {
		o.SpeedFee = fee.Proto()
	}
	return o, err
}
