package loyalty_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func TestImportedCustomersHaveAnAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.meet("b")
		_, err := h.give(h.agent(), "programs/main/accounts/b", 5)
		require.NoError(t, err)
		imported := &customerv1.CustomersImported{Issuer: "erp", Customers: []string{"customers/c", "customers/b", "customers/a", "customers/c"}}
		h.hear(fact(t, "issuers/erp", imported), fact(t, "issuers/erp", imported), fact(t, "issuers/erp", &customerv1.CustomersImported{}))
		for account, want := range map[string]string{"a": "0 []", "b": "5 [GOODWILL 5]", "c": "0 []"} {
			require.Equal(t, want, h.stateOf("programs/main/accounts/"+account))
		}
		require.EqualValues(t, 3, kittest.Number(t, h.db, `select count(*) from account`))
	})
}

// TestImportedOrdersEarnAsDeliveredOnesDo: one service hears of each order by itself, the other by imports, and some returns
// before, between and after. Both come to the same, to the last posting.
func TestImportedOrdersEarnAsDeliveredOnesDo(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.createProgram("euro", 3, "EUR")
		var orders []*orderv1.OrdersImported_Order
		for i := range 700 {
			orders = append(orders, &orderv1.OrdersImported_Order{
				Order: "orders/" + fmt.Sprint(i*7919%1000), Customer: "customers/" + fmt.Sprint(i%40),
				GoodsAmount: &money.Money{CurrencyCode: []string{"EUR", "USD", "JPY"}[i%3], Units: int64(i % 50)},
			})
		}
		returned := func(i int) event.Event {
			return fact(t, orders[i].GetOrder(), &orderv1.OrderReturned{Order: orders[i].GetOrder(), Customer: orders[i].GetCustomer()})
		}
		before, after := []int{3, 44, 500}, []int{7, 43, 601}

		one := newFixture(t, kittest.Open(t, kittest.NewURL(t, h.db.Dialect())))
		one.createProgram("euro", 3, "EUR")
		for _, h := range []*fixture{h, one} {
			for _, i := range before {
				h.hear(returned(i))
			}
			_, err := h.give(h.agent(), "programs/main/accounts/3", 11)
			require.NoError(t, err)
		}
		for _, o := range orders {
			one.hear(fact(t, o.GetOrder(), &orderv1.OrderDelivered{
				Order: o.GetOrder(), Customer: o.GetCustomer(), GoodsAmount: o.GetGoodsAmount(),
			}))
		}
		h.hear(fact(t, "imports/1", &orderv1.OrdersImported{Orders: orders[:300]}))
		h.hear(fact(t, "imports/1", &orderv1.OrdersImported{Orders: append(slices.Clone(orders[250:]), orders[699])}))
		for _, h := range []*fixture{h, one} {
			for _, i := range after {
				h.hear(returned(i))
			}
			require.True(t, h.prove("main").GetBalanced())
			require.True(t, h.prove("euro").GetBalanced())
		}
		for _, program := range []string{"main", "euro"} {
			for i := range 40 {
				account := fmt.Sprintf("programs/%s/accounts/%d", program, i)
				require.Equal(t, one.history(account), h.history(account), account)
			}
		}
		require.EqualValues(t, kittest.Number(t, one.db, `select count(*) from account`), kittest.Number(t, h.db, `select count(*) from account`))
	})
}

// history is an account's statement, without what differs from service to service.
func (h *fixture) history(account string) []string {
	var lines []string
	for _, p := range h.postings(h.t, account, 1000) {
		lines = append(lines, fmt.Sprint(p.GetKind(), p.GetPoints(), p.GetBalance(), p.GetAbout(), p.GetReason(), p.GetActor().GetPrincipal()))
	}
	return lines
}

// An import is entered as a whole or not at all: with an order whose points can't be counted it is put aside for a person.
func TestAnImportBeyondCountingIsPutAside(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.setRate(t, 1000)
		much := &money.Money{CurrencyCode: "JPY", Units: 8_999_999_999_999_999}
		for reason, goods := range map[string]*money.Money{"more than can be counted": much, "orders/2: must": {CurrencyCode: "???"}} {
			require.NoError(t, h.take([]event.Event{fact(t, "imports/1", &orderv1.OrdersImported{Orders: []*orderv1.OrdersImported_Order{
				{Order: "orders/1", Customer: "customers/a", GoodsAmount: euros(1, 0)},
				{Order: "orders/2", Customer: "customers/b", GoodsAmount: goods},
			}})}))
			require.Contains(t, h.complaints(), reason)
		}
		require.Zero(t, kittest.Number(t, h.db, `select count(*) from account`))
		require.Zero(t, kittest.Number(t, h.db, `select count(*) from purchase`))
		require.Zero(t, kittest.Number(t, h.db, `select count(*) from outbox`))
	})
}

// complaints are the errors of the events that failed.
func (h *fixture) complaints() (text string) {
	for _, f := range h.failed() {
		text += f.Error + "\n"
	}
	return text
}

// A balance has a limit at every posting of an import, not only after the last.
func TestABalanceHasALimitInImports(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		half := func(order string) *orderv1.OrdersImported_Order {
			return &orderv1.OrdersImported_Order{
				Order: order, Customer: "customers/rich", GoodsAmount: &money.Money{CurrencyCode: "JPY", Units: 5_000_000_000_000_000},
			}
		}
		h.hear(fact(t, "imports/1", &orderv1.OrdersImported{Orders: []*orderv1.OrdersImported_Order{half("orders/1")}}))
		h.hear(fact(t, "orders/2", &orderv1.OrderReturned{Order: "orders/2", Customer: "customers/rich"}))
		for _, order := range []string{"orders/2", "orders/3"} {
			require.NoError(t, h.take([]event.Event{fact(t, "imports/1", &orderv1.OrdersImported{Orders: []*orderv1.OrdersImported_Order{half(order)}})}))
		}
		require.Equal(t, 2, strings.Count(h.complaints(), "can't hold more"))
		require.Equal(t, "5000000000000000 [EARNING 5000000000000000]", h.stateOf("programs/main/accounts/rich"))
	})
}

// Every posting of an import is told of, as of any other.
func TestEveryPostingOfAnImportIsSaid(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.hear(crossing(t)...)
		for version := range int64(10) {
			p := h.postings(t, "programs/main/accounts/7", 1000)[9-version]
			rows, err := h.db.Query(t.Context(), `select subject, version, data from outbox where subject = $1 and version = $2`,
				"programs/main/accounts/7", version+1)
			require.NoError(t, err)
			require.Equal(t, 1, rows.Len())
			require.True(t, rows.Next())
			s, err := scanSaid(rows)
			require.NoError(t, err)
			require.True(t, proto.Equal(&loyaltyv1.PointsPosted{
				Posting: p.GetName(), Account: "programs/main/accounts/7", Customer: "customers/7", Kind: p.GetKind(),
				Points: 5, Balance: 5 * (version + 1), About: p.GetAbout(),
			}, s.posted), "%v", s.posted)
		}
	})
}
