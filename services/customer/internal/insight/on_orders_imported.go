package insight

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kept.dev/kit/inbox"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onOrdersImported notes what was bought at an earlier time, less what was given back of it; one that was cancelled is no sale. An order
// that has been told of before may be another customer's now, or in another currency: it counts no more as what it was, and then as what
// it is.
func (s *Service) onOrdersImported(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*orderv1.OrdersImported]) error {
	var all []purchase
	for _, e := range events {
		for _, o := range e.Fact.GetOrders() {
			p, err := importedPurchase(o)
			if err != nil {
				return err
			}
			p.said = e.Time
			all = append(all, p)
		}
	}
	there, err := heardOf(tx, all)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		forget(tx, there)
	}
	note(tx, imported, all...)
	return nil
}

const selectHeardOf = `select order_id from purchase where order_id in `

// heardOf are those of the purchases of which something is known already.
func heardOf(tx *sqldb.Tx, purchases []purchase) (there []purchase, err error) {
	byID := map[string]purchase{}
	for _, p := range eachOnce(purchases) {
		byID[strings.TrimPrefix(p.order, orders)] = p
	}
	var queries []*sqldb.Stmt
	for some := range slices.Chunk(slices.Sorted(maps.Keys(byID)), mostListed) {
		list, args := sqldb.List(1, some)
		queries = append(queries, sqldb.Q(selectHeardOf+list, args...))
	}
	if len(queries) == 0 {
		return nil, nil
	}
	results, err := tx.Batch(queries...)
	for _, rows := range results {
		for err == nil && rows.Next() {
			var id string
			err = rows.Scan(&id)
			there = append(there, byID[id])
		}
	}
	return there, err
}

func importedPurchase(o *orderv1.OrdersImported_Order) (purchase, error) {
	goods, err := money.Parse(o.GetGoodsAmount())
	if err != nil {
		return purchase{}, fmt.Errorf("goods of %s: %w", o.GetOrder(), err)
	}
	gone := o.GetState() == orderv1.Order_CANCELLED || o.GetState() == orderv1.Order_RETURNED
	return purchase{
		order: o.GetOrder(), customer: o.GetCustomer(), paid: goods, at: o.GetPlaceTime().AsTime(), units: o.GetUnitCount(), noSale: gone,
	}, nil
}

// onImportedOrdersRemoved has orders count no more that an import had brought. Whatever was said of them before does not count any more,
// even if it is heard of later.
func (s *Service) onImportedOrdersRemoved(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*orderv1.ImportedOrdersRemoved]) error {
	var gone []purchase
	for _, e := range events {
		for _, o := range e.Fact.GetOrders() {
			gone = append(gone, purchase{order: o.GetOrder(), customer: o.GetCustomer(), said: e.Time})
		}
	}
	forget(tx, gone)
	return nil
}

const (
	insertForgotten = `insert into purchase (order_id, customer, settled, void, imported) values`
	ifSaidLater     = `
	on conflict (order_id) do update set void = true, imported = excluded.imported
	where purchase.imported <= excluded.imported`
)

// forget has orders of imports count no more.
func forget(tx *sqldb.Tx, purchases []purchase) {
	purchases = eachOnce(purchases)
	rows := make([][]any, len(purchases))
	for i, p := range purchases {
		rows[i] = []any{strings.TrimPrefix(p.order, orders), strings.TrimPrefix(p.customer, customers), false, true, p.said.UnixMicro()}
	}
	tx.ExecValues(insertForgotten, rows, ifSaidLater)
	count(tx, purchases)
}
