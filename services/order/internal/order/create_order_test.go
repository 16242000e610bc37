package order

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/kittest"
	"kept.dev/kit/live"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/payment"
	"kept.dev/services/order/internal/tracking"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// A number that is drawn a second time is drawn anew.
func TestNoTwoOrdersHaveOneNumber(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		moved := &clock.Sandbox{}
		deps := kit.Deps{DB: db, Clock: moved, Outbox: outbox.New("order", moved), Live: live.NewLocal()}
		s := New(deps, payment.New(deps), tracking.New(deps))
		for _, row := range []string{
			`insert into known_customer (name) values ('customers/olena')`,
			`insert into product (id, display_name, currency, price, created) values ('pot', 'Pot', 'EUR', 1000, 0)`,
			`insert into stock (product_id, on_hand, held) values ('pot', 10, 0)`,
			`insert into delivery_option (id, display_name, promised, risk, fee, currency) values ('express', 'Express', 86400000000, 1000000, 0, 'EUR')`,
		} {
			kittest.Exec(t, db, row)
		}
		drawn := []string{"1000000001", "1000000001", "1000000002"}
		s.number = func() (number string) {
			number, drawn = drawn[0], drawn[1:]
			return number
		}
		ctx := access.With(t.Context(), access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/olena"})
		for _, number := range []string{"1000000001", "1000000002"} {
			o, err := s.CreateOrder(ctx, &orderv1.CreateOrderRequest{Order: &orderv1.Order{
				Customer: "customers/olena", DeliveryOption: "deliveryOptions/express", OrderNumber: "7",
				Lines: []*orderv1.Order_Line{{Product: "products/pot", Quantity: 1}},
			}})
			require.NoError(t, err)
			require.Equal(t, number, o.GetOrderNumber())
		}
		require.EqualValues(t, 2, kittest.Number(t, db, `select held from stock`), "and nothing is held twice")
	})
}
