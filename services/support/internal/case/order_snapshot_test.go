package cases

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

var nine = &money.Money{CurrencyCode: "EUR", Units: 9, Nanos: 900_000_000}

func TestInterimWordsStateTheFacts(t *testing.T) {
	promised := timestamppb.New(start.Add(24 * time.Hour))
	expected := timestamppb.New(start.Add(48 * time.Hour))
	for name, c := range map[string]struct {
		order *orderv1.Order
		next  string
		says  []string
		not   string
	}{
		"placed": {
			&orderv1.Order{State: orderv1.Order_PLACED, PromiseState: orderv1.Order_OPEN, ExpectedDeliveryTime: promised},
			"SHIP", []string{"accepted", "Next, it is sent", "promised by 9 March 2026, 12:00 UTC"}, "now expected",
		},
		"picked": {
			&orderv1.Order{State: orderv1.Order_PICKED, PromiseState: orderv1.Order_OPEN, ExpectedDeliveryTime: promised},
			"SHIP", []string{"packed", "Next, it is sent"}, "sorry",
		},
		"late on its way": {
			&orderv1.Order{
				State: orderv1.Order_SHIPPED, PromiseState: orderv1.Order_BROKEN, ExpectedDeliveryTime: expected, RefundedAmount: nine,
			},
			"DELIVER", []string{"on its way", "did not keep that promise", "expected by 10 March 2026", "€9.90 has come back"}, "automatic refund",
		},
		"delivered": {
			&orderv1.Order{State: orderv1.Order_DELIVERED, PromiseState: orderv1.Order_KEPT, ExpectedDeliveryTime: promised},
			"NOTHING", []string{"has been delivered."}, "sorry",
		},
		"delivered late": {
			&orderv1.Order{State: orderv1.Order_DELIVERED, PromiseState: orderv1.Order_BROKEN, ExpectedDeliveryTime: promised},
			"NOTHING", []string{"later than we had promised"}, "Next",
		},
		"cancelled": {
			&orderv1.Order{State: orderv1.Order_CANCELLED, CancelReason: "The supplier has gone", RefundedAmount: nine},
			"REFUND", []string{"was cancelled: The supplier has gone.", "€9.90"}, "Delivery",
		},
		"cancelled, and nothing was paid": {
			&orderv1.Order{State: orderv1.Order_CANCELLED, CancelReason: "Changed my mind!", RefundedAmount: &money.Money{CurrencyCode: "EUR"}},
			"NOTHING", []string{"was cancelled: Changed my mind!"}, "has come back",
		},
		"returned": {
			&orderv1.Order{State: orderv1.Order_RETURNED, RefundedAmount: nine},
			"REFUND", []string{"was sent back"}, "Delivery",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.order.Name, c.order.PromisedDeliveryTime = "orders/1", promised
			facts := snapshotOf(c.order)
			require.Equal(t, c.next, facts.GetNextStep())
			require.Equal(t, c.order.GetState().String(), facts.GetState())
			require.Equal(t, c.order.GetPromiseState().String(), facts.GetPromiseState())
			require.Equal(t, c.order.GetCancelReason(), facts.GetReason())
			words := interimText(facts, timestamppb.New(start))
			contains(t, words, "automatic, interim reply", "A person replies by 8 March 2026, 12:00 UTC", "orders/1")
			contains(t, words, c.says...)
			require.NotContains(t, words, c.not)
		})
	}
}

func TestEveryStateHasWords(t *testing.T) {
	for state := range orderv1.Order_State_name {
		facts := snapshotOf(&orderv1.Order{Name: "orders/1", State: orderv1.Order_State(state)})
		contains(t, interimText(facts, timestamppb.New(start)), "Your order orders/1 ")
	}
}
