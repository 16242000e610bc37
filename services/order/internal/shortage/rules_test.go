package shortage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	moneyv1 "google.golang.org/genproto/googleapis/type/money"
	"pgregory.net/rapid"

	"kept.dev/kit/money"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
)

const (
	wait       = orderv1.Shortage_WAIT
	substitute = orderv1.Shortage_SUBSTITUTE
	cancel     = orderv1.Shortage_CANCEL
)

func TestWhatIsOffered(t *testing.T) {
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	at := func(t time.Time) *int64 { n := t.UnixMicro(); return &n }
	type list = []orderv1.Shortage_Choice
	for name, c := range map[string]struct {
		shortage           row
		offered, choosable list
		defaults           list // where the shop has set WAIT, SUBSTITUTE, CANCEL
	}{
		"nothing":        {row{}, list{cancel}, list{cancel}, list{wait, wait, cancel}},
		"a date":         {row{wait: at(now)}, list{wait, cancel}, list{wait, cancel}, list{wait, wait, cancel}},
		"a date gone by": {row{wait: at(now.Add(-time.Microsecond))}, list{wait, cancel}, list{cancel}, list{wait, wait, cancel}},
		"something else": {
			row{substitute: "products/cup"}, list{substitute, cancel}, list{substitute, cancel}, list{wait, substitute, cancel},
		},
		"both": {
			row{wait: at(now), substitute: "products/cup"}, list{wait, substitute, cancel}, list{wait, substitute, cancel},
			list{wait, substitute, cancel},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.offered, choices(c.shortage))
			var can list
			for i, choice := range (list{wait, substitute, cancel}) {
				if choosable(c.shortage, choice, now) {
					can = append(can, choice)
				}
				require.Equal(t, c.defaults[i], defaultFor(c.shortage, choice))
			}
			require.Equal(t, c.choosable, can)
		})
	}
}

// What was charged for the goods either comes or goes back, to the cent, and no more units are taken than there are.
func TestWhatDoesNotComeGoesBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := &orderv1.Order{Name: "orders/1", GoodsAmount: euros(0), TotalAmount: euros(0)}
		there := int64(0)
		for range rapid.IntRange(1, 5).Draw(r, "lines") {
			line := &orderv1.Order_Line{
				Product:   rapid.SampledFrom([]string{"products/pot", "products/cup"}).Draw(r, "product"),
				Quantity:  rapid.Int64Range(1, 9).Draw(r, "quantity"),
				UnitPrice: euros(rapid.Int64Range(0, 9999).Draw(r, "price")),
			}
			line.MissingQuantity = rapid.Int64Range(0, line.Quantity).Draw(r, "missing")
			o.Lines = append(o.Lines, line)
			if line.GetProduct() == "products/pot" {
				there += order.Coming(line)
			}
		}
		s := row{
			product: "products/pot", quantity: rapid.Int64Range(1, 20).Draw(r, "gone"), substitute: "products/cup",
			substitutePrice: rapid.Int64Range(0, 9999).Draw(r, "substitute"),
		}
		before, err := order.GoodsThatCome(o)
		require.NoError(r, err)
		result, err := settlementOf(o, s, rapid.SampledFrom([]orderv1.Shortage_Choice{substitute, cancel}).Draw(r, "choice"))
		if s.quantity > there {
			require.Error(r, err)
			return
		}
		require.NoError(r, err)
		units := int64(0)
		for _, g := range result.gone {
			o.Lines[g.index].MissingQuantity += g.units
			require.GreaterOrEqual(r, order.Coming(o.GetLines()[g.index]), int64(0))
			units += g.units
		}
		require.Equal(r, s.quantity, units)
		o.Lines = append(o.Lines, result.come...)
		after, err := order.GoodsThatCome(o)
		require.NoError(r, err)
		require.Equal(r, before.Minor, after.Minor+result.back.Minor)
		require.GreaterOrEqual(r, result.back.Minor, int64(0))
	})
}

func euros(cents int64) *moneyv1.Money { return money.Amount{Minor: cents, Currency: "EUR"}.Proto() }
