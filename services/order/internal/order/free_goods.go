package order

import (
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/stock"
)

// openShortage is a shortage that the customer is being asked about, or waits for the end of.
type openShortage struct {
	open       bool
	product    string // products/{product}
	quantity   int64
	owed       int64  // of them are not held
	substitute string // products/{product}, held while it is open; empty for none
}

func selectOpenShortages(order string) *sqldb.Stmt {
	return sqldb.Q(`
		select state, product_id, quantity, owed, substitute_id from shortage
		where order_id = $1 and (state = 1 or owed > 0)`, idOf(order))
}

func scanOpenShortage(r *sqldb.Rows) (openShortage, error) {
	var u openShortage
	var state int64
	err := r.Scan(&state, &u.product, &u.quantity, &u.owed, &u.substitute)
	u.open, u.product, u.substitute = state == int64(orderv1.Shortage_OPEN), productName(u.product), productName(u.substitute)
	return u, err
}

// The customer need not answer any more, and nobody waits.
const release = `
	update shortage set state = case when state = 1 then 4 else state end, owed = 0
	where order_id = $1 and (state = 1 or owed > 0)`

// freeGoods gives back all goods that a cancelled order has, on the shelf or off it, and ends its shortages.
func freeGoods(tx *sqldb.Tx, o *orderv1.Order, shortages []openShortage) {
	for product, units := range goodsOf(o, shortages) {
		if o.GetPickTime() == nil {
			stock.Release(tx, product, units)
		} else {
			stock.PutBack(tx, product, units)
		}
	}
	if len(shortages) > 0 {
		tx.Exec(release, idOf(o.GetName()))
	}
}

// goodsOf is how many units of each product an order has: what comes, less what is owed to it, and what could come instead.
func goodsOf(o *orderv1.Order, shortages []openShortage) map[string]int64 {
	goods := map[string]int64{}
	for _, line := range o.GetLines() {
		goods[line.GetProduct()] += Coming(line)
	}
	for _, s := range shortages {
		goods[s.product] -= s.owed
		if s.open && s.substitute != "" {
			goods[s.substitute] += s.quantity
		}
	}
	for product, units := range goods {
		if units == 0 {
			delete(goods, product)
		}
	}
	return goods
}
