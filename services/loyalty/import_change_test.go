package loyalty_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// TestWhatImportsSayLaterChangesPoints: what an order has earned follows what imports say of it, down to nothing and up again. What was
// said before does not count, whenever it is heard of.
func TestWhatImportsSayLaterChangesPoints(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		minute := 0
		at := func(message proto.Message) event.Event {
			e := fact(t, "imports/1", message)
			minute++
			e.Time = e.Time.Add(time.Duration(minute) * time.Minute)
			return e
		}
		says := func(version, units int64, state orderv1.Order_State) event.Event {
			return at(&orderv1.OrdersImported{Orders: []*orderv1.OrdersImported_Order{{
				Order: "orders/1", Customer: "customers/1", GoodsAmount: &money.Money{CurrencyCode: "EUR", Units: units}, State: state, Version: version,
			}}})
		}
		gone := func() event.Event {
			return at(&orderv1.ImportedOrdersRemoved{Orders: []*orderv1.ImportedOrdersRemoved_Order{{Order: "orders/1", Customer: "customers/1"}}})
		}
		late := says(2, 17, orderv1.Order_DELIVERED)
		requireBalance := func(want int64) {
			t.Helper()
			require.Equal(t, want, h.balance("1"))
		}
		for _, step := range []struct {
			fact event.Event
			want int64
		}{
			{says(1, 100, orderv1.Order_DELIVERED), 100}, {says(2, 60, orderv1.Order_DELIVERED), 60}, {late, 60},
			{says(3, 80, orderv1.Order_DELIVERED), 80}, {says(4, 80, orderv1.Order_CANCELLED), 0}, {says(5, 50, orderv1.Order_DELIVERED), 50},
			{gone(), 0}, {says(1, 70, orderv1.Order_DELIVERED), 70}, {gone(), 0}, {says(1, 30, orderv1.Order_DELIVERED), 30},
		} {
			h.hear(step.fact)
			requireBalance(step.want)
		}
		h.hear(fact(t, "orders/1", &orderv1.OrderReturned{Order: "orders/1", Customer: "customers/1"}))
		requireBalance(0)
		h.hear(says(2, 40, orderv1.Order_DELIVERED))
		requireBalance(0)
	})
}

// TestAnImportIsTakenBackBeforeItIsHeardOf earns nothing.
func TestAnImportIsTakenBackBeforeItIsHeardOf(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		one := &orderv1.OrdersImported_Order{Order: "orders/1", Customer: "customers/1", GoodsAmount: &money.Money{CurrencyCode: "EUR", Units: 10}, Version: 1}
		said := fact(t, "imports/1", &orderv1.OrdersImported{Orders: []*orderv1.OrdersImported_Order{one}})
		gone := fact(t, "imports/1", &orderv1.ImportedOrdersRemoved{Orders: []*orderv1.ImportedOrdersRemoved_Order{{Order: "orders/1", Customer: "customers/1"}}})
		gone.Time = said.Time.Add(time.Second)
		h.hear(gone)
		h.hear(said)
		require.Zero(t, h.balance("1"))
	})
}

// balance is what a customer has; nothing without an account.
func (h *fixture) balance(customer string) int64 {
	a, err := h.accounts.GetAccount(h.agent(), &loyaltyv1.GetAccountRequest{Name: "programs/main/accounts/" + customer})
	if errs.KindOf(err) == errs.KindNotFound {
		return 0
	}
	require.NoError(h.t, err)
	return a.GetBalance()
}
