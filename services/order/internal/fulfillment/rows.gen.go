// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package fulfillment

import (
	"kept.dev/kit/money"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// deliveryOptionRows are the rows of the table delivery_option, each of them a DeliveryOption.
var deliveryOptionRows = resource.Rows[*orderv1.DeliveryOption, *orderv1.ListDeliveryOptionsResponse]{
	Table:   "delivery_option",
	Pattern: "deliveryOptions/{delivery_option}",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "display_name", Field: "display_name"},
		{Name: "promised", Field: "promised_duration", Kind: page.Int},
		{Name: "risk", Field: "warning_duration", Kind: page.Int},
		{Name: "fee", Field: "speed_fee"},
		{Name: "currency", Field: "speed_fee"},
	},
	Key:    keyOfDeliveryOption,
	Scan:   scanDeliveryOption,
	Values: valuesOfDeliveryOption,
	Page: func(found []*orderv1.DeliveryOption, nextPageToken string) *orderv1.ListDeliveryOptionsResponse {
		return &orderv1.ListDeliveryOptionsResponse{DeliveryOptions: found, NextPageToken: nextPageToken}
	},
}

// keyOfDeliveryOption reads a name such as deliveryOptions/{delivery_option}.
func keyOfDeliveryOption(name string) ([]any, error) {
	var n orderv1.DeliveryOptionResourceName
	err := n.UnmarshalString(name)
	return []any{n.DeliveryOption}, err
}

func scanDeliveryOption(r *sqldb.Rows) (*orderv1.DeliveryOption, error) {
	var id string
	var promised, risk int64
	var speedFee money.Amount
	m := &orderv1.DeliveryOption{}
	err := r.Scan(&id, &m.DisplayName, &promised, &risk, &speedFee.Minor, &speedFee.Currency)
	if err != nil {
		return nil, err
	}
	m.Name = orderv1.DeliveryOptionResourceName{DeliveryOption: id}.String()
	m.PromisedDuration = resource.Duration(promised)
	m.WarningDuration = resource.Duration(risk)
	m.SpeedFee = resource.Money(speedFee)
	return m, nil
}

func valuesOfDeliveryOption(m *orderv1.DeliveryOption) ([]any, error) {
	var name orderv1.DeliveryOptionResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	speedFee, err := resource.Amount("delivery_option.speed_fee", m.GetSpeedFee())
	if err != nil {
		return nil, err
	}
	return []any{
		name.DeliveryOption,
		m.GetDisplayName(),
		resource.DurationMicros(m.GetPromisedDuration()),
		resource.DurationMicros(m.GetWarningDuration()),
		speedFee.Minor,
		speedFee.Currency,
	}, nil
}
