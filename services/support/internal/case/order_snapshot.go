package cases

import (
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/timestamppb"

	kitmoney "kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// What happens next about an order.
const (
	nextShip    = "SHIP"
	nextDeliver = "DELIVER"
	nextRefund  = "REFUND"
	nextNothing = "NOTHING"
)

// snapshotOf is what an interim reply says of an order.
func snapshotOf(o *orderv1.Order) *supportv1.OrderSnapshot {
	return &supportv1.OrderSnapshot{
		Order: o.GetName(), State: o.GetState().String(), PromiseState: o.GetPromiseState().String(),
		PromisedDeliveryTime: o.GetPromisedDeliveryTime(), ExpectedDeliveryTime: o.GetExpectedDeliveryTime(),
		Reason: o.GetCancelReason(), RefundedAmount: o.GetRefundedAmount(), NextStep: nextStep(o),
	}
}

func nextStep(o *orderv1.Order) string {
	switch o.GetState() {
	case orderv1.Order_PLACED, orderv1.Order_PICKED:
		return nextShip
	case orderv1.Order_SHIPPED:
		return nextDeliver
	case orderv1.Order_CANCELLED, orderv1.Order_RETURNED:
		if !none(o.GetRefundedAmount()) {
			return nextRefund
		}
	}
	return nextNothing
}

func none(m *money.Money) bool { return m.GetUnits() == 0 && m.GetNanos() == 0 }

// interimText are the facts in plain English. They say first that no person has written them, and until when one does.
func interimText(f *supportv1.OrderSnapshot, due *timestamppb.Timestamp) string {
	var out strings.Builder
	fmt.Fprintf(&out, "This is an automatic, interim reply. A person replies by %s.\n\n", timeText(due))
	out.WriteString(stateText(f))
	if !none(f.GetRefundedAmount()) {
		fmt.Fprintf(&out, " %s has come back to you, or is on its way back.", kitmoney.Text(f.GetRefundedAmount(), "en"))
	}
	return out.String()
}

func stateText(f *supportv1.OrderSnapshot) string {
	order := "Your order " + f.GetOrder()
	switch f.GetState() {
	case orderv1.Order_PLACED.String():
		return order + " has been accepted and is being prepared. Next, it is sent." + deliveryText(f)
	case orderv1.Order_PICKED.String():
		return order + " has been packed. Next, it is sent." + deliveryText(f)
	case orderv1.Order_SHIPPED.String():
		return order + " is on its way. Next, it is delivered." + deliveryText(f)
	case orderv1.Order_DELIVERED.String():
		return order + " has been delivered." + latenessText(f)
	case orderv1.Order_CANCELLED.String():
		return fmt.Sprintf("%s was cancelled: %s", order, sentence(f.GetReason()))
	case orderv1.Order_RETURNED.String():
		return order + " was sent back."
	default:
		return order + " is with us."
	}
}

// deliveryText is what was promised, and what has become of it.
func deliveryText(f *supportv1.OrderSnapshot) string {
	text := fmt.Sprintf(" Delivery was promised by %s.", timeText(f.GetPromisedDeliveryTime()))
	if f.GetPromiseState() == orderv1.Order_BROKEN.String() {
		text += " We did not keep that promise, and we are sorry."
	}
	if f.GetExpectedDeliveryTime().AsTime().After(f.GetPromisedDeliveryTime().AsTime()) {
		text += fmt.Sprintf(" It is now expected by %s.", timeText(f.GetExpectedDeliveryTime()))
	}
	return text
}

func latenessText(f *supportv1.OrderSnapshot) string {
	if f.GetPromiseState() == orderv1.Order_BROKEN.String() {
		return " It came later than we had promised, and we are sorry."
	}
	return ""
}

// sentence ends the text with a full stop, if it does not end with a mark of its own.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}
