package loyalty_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/event"
	"kept.dev/kit/id"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// TestDeliveryAndReturnCommute plays every order in which a customer's creation, a delivery and a return can be heard of,
// each once or twice, the second time as the same event or as another about the same. The end is always the same.
func TestDeliveryAndReturnCommute(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.createProgram("euro", 3, "EUR")
		played := 0
		for _, said := range []string{"CDR", "CCDDRR"} {
			for _, order := range permutations(said) {
				for _, same := range []bool{true, false} {
					require.Equal(t, "0 [EARNING 49 REVERSAL -49] 0 [EARNING 149 REVERSAL -149]", h.play(order, same), order)
					played++
				}
			}
		}
		require.Equal(t, 2*(6+90), played)
		require.True(t, h.prove("main").GetBalanced())
		require.True(t, h.prove("euro").GetBalanced())
	})
}

// play has the service hear a customer's creation (C), and an order's delivery (D) and return (R), and tells how the
// customer's accounts stand.
func (h *fixture) play(order string, same bool) string {
	customer, bought := id.New(), "orders/"+id.New()
	facts := map[rune]proto.Message{
		'C': &customerv1.CustomerCreated{Customer: "customers/" + customer},
		'D': &orderv1.OrderDelivered{Order: bought, Customer: "customers/" + customer, GoodsAmount: euros(49, 90)},
		'R': &orderv1.OrderReturned{Order: bought, Customer: "customers/" + customer},
	}
	events := map[rune]event.Event{}
	for _, what := range order {
		if _, said := events[what]; !said || !same {
			events[what] = fact(h.t, bought, facts[what])
		}
		h.hear(events[what])
	}
	return h.stateOf("programs/main/accounts/"+customer) + " " + h.stateOf("programs/euro/accounts/"+customer)
}

// standing is an account's balance and what was posted to it.
func (h *fixture) stateOf(account string) string {
	a, err := h.accounts.GetAccount(h.agent(), &loyaltyv1.GetAccountRequest{Name: account})
	require.NoError(h.t, err)
	var lines []string
	for _, p := range h.postings(h.t, account, 1000) {
		lines = append(lines, fmt.Sprint(p.GetKind(), p.GetPoints()))
	}
	slices.Sort(lines)
	return fmt.Sprint(a.GetBalance(), lines)
}

func euros(units int64, cents int32) *money.Money {
	return &money.Money{CurrencyCode: "EUR", Units: units, Nanos: cents * 10_000_000}
}

// permutations are all different orders of the letters.
func permutations(letters string) []string {
	if letters == "" {
		return []string{""}
	}
	all := map[string]bool{}
	for i := range letters {
		for _, rest := range permutations(letters[:i] + letters[i+1:]) {
			all[letters[i:i+1]+rest] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// A return takes back what was earned, not what would be earned now.
func TestReturnTakesBackWhatWasEarned(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.hear(fact(t, "orders/1", &orderv1.OrderDelivered{Order: "orders/1", Customer: "customers/c", GoodsAmount: euros(10, 0)}))
		h.setRate(t, 7)
		h.hear(fact(t, "orders/1", &orderv1.OrderReturned{Order: "orders/1", Customer: "customers/c"}))
		require.Equal(t, "0 [EARNING 10 REVERSAL -10]", h.stateOf("programs/main/accounts/c"))
	})
}

func TestWhatAnOrderEarns(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.createProgram("dollar", 2, "USD")
		for name, test := range map[string]struct {
			goods *money.Money
			want  string
		}{
			"euros":              {euros(49, 90), "49 [EARNING 49]"},
			"less than a point":  {euros(0, 99), "0 []"},
			"nothing":            {euros(0, 0), "0 []"},
			"nobody says":        {nil, "0 []"},
			"a currency of none": {&money.Money{CurrencyCode: "JPY", Units: 300}, "300 [EARNING 300]"},
		} {
			order, customer := id.New(), id.New()
			h.hear(fact(t, "orders/"+order, &orderv1.OrderDelivered{
				Order: "orders/" + order, Customer: "customers/" + customer, GoodsAmount: test.goods,
			}))
			require.Equal(t, test.want, h.stateOf("programs/main/accounts/"+customer), name)
			_, err := h.accounts.GetAccount(h.agent(), &loyaltyv1.GetAccountRequest{Name: "programs/dollar/accounts/" + customer})
			require.Error(t, err, "an account in a programme of another currency")
		}
	})
}

// Whatever is heard about a customer first opens the account.
func TestStrangersGetAnAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for customer, message := range map[string]proto.Message{
			"a": &customerv1.CustomerCreated{Customer: "customers/a"},
			"b": &orderv1.OrderDelivered{Order: "orders/1", Customer: "customers/b"},
			"c": &orderv1.OrderReturned{Order: "orders/2", Customer: "customers/c"},
			"d": &promisev1.RemedyRequired{Promise: "promises/1", Customer: "customers/d"},
		} {
			h.hear(fact(t, "x", message))
			require.Equal(t, "0 []", h.stateOf("programs/main/accounts/"+customer))
		}
	})
}

// Points that can't be counted are nobody's: the event is put aside for a person, and nothing is entered.
func TestPointsBeyondCountingArePutAside(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.setRate(t, 1000)
		events := []event.Event{
			fact(t, "orders/1", &orderv1.OrderDelivered{
				Order: "orders/1", Customer: "customers/c", GoodsAmount: &money.Money{CurrencyCode: "JPY", Units: 8_999_999_999_999_999},
			}),
			fact(t, "orders/2", &orderv1.OrderDelivered{Order: "orders/2", Customer: "customers/c", GoodsAmount: euros(1, 0)}),
		}
		require.NoError(t, h.take(events))
		failed := h.failed()
		require.Len(t, failed, 1)
		require.Contains(t, failed[0].Error, "more than can be counted")
		require.Equal(t, "1000 [EARNING 1000]", h.stateOf("programs/main/accounts/c"))
		require.True(t, h.prove("main").GetBalanced())
	})
}
