package insight

import (
	"cmp"
	"slices"
	"strings"

	"kept.dev/kit/sqldb"
)

// mostListed bounds the orders that one statement names.
const mostListed = 500

// An order is counted with its buyer by what has changed of it since it was counted last, which its row remembers: so a customer's
// ten thousandth order costs what the first did. Replicas that hear of orders of one customer at the same moment come one after the
// other: the first statement takes the buyers' rows, in the order of customers, and waits for whoever has them; what those have
// written is seen by the next, since at READ COMMITTED each statement sees what was committed before it.
const (
	takeBuyers = `
	insert into buyer (customer, currency, orders, units, amount, bought_in)
	select distinct customer, currency, 0, 0, 0, '' from purchase
	where currency is not null and order_id in `
	inOrder = `
	order by customer, currency
	on conflict (currency, customer) do update set orders = buyer.orders`
	// The ends are looked up along an index: what is void counts no more, and may have been one of them.
	addChanges = `
	update buyer set
		orders = buyer.orders + change.orders, units = buyer.units + change.units, amount = buyer.amount + change.amount,
		bought_in = case when buyer.orders + change.orders > 0 then buyer.currency else '' end,
		first_order = (select min(time) from purchase p
			where p.customer = buyer.customer and p.currency = buyer.currency and p.void = false),
		last_order = (select max(time) from purchase p
			where p.customer = buyer.customer and p.currency = buyer.currency and p.void = false)
	from (
		select customer, currency,
			cast(sum(case when void then 0 else 1 end - counted_orders) as bigint) as orders,
			cast(sum(case when void then 0 else units end - counted_units) as bigint) as units,
			cast(sum(case when void then 0 else amount end - counted_amount) as bigint) as amount
		from purchase where currency is not null and order_id in `
	ofBuyers = `
		group by customer, currency
	) as change
	where buyer.customer = change.customer and buyer.currency = change.currency`
	markCounted = `
	update purchase set
		counted_orders = case when void then 0 else 1 end, counted_units = case when void then 0 else units end,
		counted_amount = case when void then 0 else amount end
	where currency is not null and order_id in `
)

// count counts orders whose rows this transaction has written, or waited for, with their buyers: each buyer is written once, whatever
// the number of its orders.
func count(tx *sqldb.Tx, purchases []purchase) {
	byCustomer := slices.SortedFunc(slices.Values(purchases), func(a, b purchase) int {
		return cmp.Or(strings.Compare(a.customer, b.customer), strings.Compare(a.order, b.order))
	})
	ids := make([]string, len(byCustomer))
	for i, p := range byCustomer {
		ids[i] = strings.TrimPrefix(p.order, orders)
	}
	for some := range slices.Chunk(ids, mostListed) {
		list, args := sqldb.List(1, some)
		tx.Exec(takeBuyers+list+inOrder, args...)
		tx.Exec(addChanges+list+ofBuyers, args...)
		tx.Exec(markCounted+list, args...)
	}
}
