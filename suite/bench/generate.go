package bench

import (
	"context"
	"errors"
	"fmt"

	"kept.dev/kit/sqldb"
)

// ordersEach is how many orders a generated customer has.
const ordersEach = 10

func customersOf(orders int) int { return max(1, orders/ordersEach) }

func customerName(n int) string { return fmt.Sprintf("customers/bench-%d", n) }

// What is generated is as if it had been imported: one line an order, one entry of the timeline. $1 is the first number and $2 the
// one after the last, $3 what numbers of customers are counted modulo.
const numbers = `with recursive n (i) as (select cast($1 as bigint) union all select i + 1 from n where i + 1 < $2) `

const generateOrders = `
	insert into orders (id, version, customer, state, promise_state, promise, currency, goods, fee, refunded, delivery_option,
		channel, payment_method, created, delivered, creator_role, creator, cancel_reason, source_import) ` + numbers + `
	select 'bench-' || i, 1, 'customers/bench-' || (i % $3), 4, 0, '', 'EUR', 1000, 0, 0, '', 1, 0,
		852076800000000 + i * 60000000, 852076800000000 + i * 60000000, 0, '', '', 'imports/bench' from n`

const generateLines = `
	insert into order_line (order_id, number, product_id, quantity, price) ` + numbers + `
	select 'bench-' || i, 1, 'cd', 1, 1000 from n`

const generateCustomers = `
	insert into customer (id, version, display_name, language_code, email, phone, region_code, addresses, created) ` + numbers + `
	select 'bench-' || i, 1, 'Bench', '', '', '', '', $3, 852076800000000 + i from n`

const generateEntries = `
	insert into timeline_entry (id, customer, event_time, known, source, event_type, resource, about, channel, actor_role, actor, details) ` + numbers + `
	select 'bench-' || i, 'customers/bench-' || (i % $3), 852076800000000 + i * 60000000, 852076800000000 + i * 60000000, 'order',
		'kept.order.v1.OrdersImported', 'orders/bench-' || i, 'orders/bench-' || i, 1, 0, '', '{"unit_count":"1"}' from n`

// generatedAtOnce is how many orders are generated in one transaction.
const generatedAtOnce = 20_000

// generate adds orders, from one number of them up to another, with all that a listing reads. Customers of each size have about
// ten orders.
func (p *target) generate(ctx context.Context, from, to int) error {
	customers := int64(customersOf(to))
	if err := inParts(int64(customersOf(from))*int64(min(from, 1)), customers, func(first, after int64) error {
		return p.fill(ctx, "customer", sqldb.Q(generateCustomers, first, after, []byte{}))
	}); err != nil {
		return err
	}
	return inParts(int64(from), int64(to), func(first, after int64) error {
		return errors.Join(
			p.fill(ctx, "order", sqldb.Q(generateOrders, first, after, customers), sqldb.Q(generateLines, first, after)),
			p.fill(ctx, "customer", sqldb.Q(generateEntries, first, after, customers)))
	})
}

// inParts does something with the numbers from one to another, so many at a time.
func inParts(from, to int64, do func(first, after int64) error) error {
	for ; from < to; from += generatedAtOnce {
		if err := do(from, min(to, from+generatedAtOnce)); err != nil {
			return err
		}
	}
	return nil
}

func (p *target) fill(ctx context.Context, service string, statements ...*sqldb.Stmt) error {
	return p.databases[service].Background().Update(ctx, "bench", func(tx *sqldb.Tx) error {
		_, err := tx.Batch(statements...)
		return err
	})
}

// analyze does what the databases do by themselves in time.
func (p *target) analyze(ctx context.Context) error {
	for _, service := range []string{"order", "customer"} {
		if err := p.fill(ctx, service, sqldb.Q("analyze")); err != nil {
			return err
		}
	}
	return nil
}
