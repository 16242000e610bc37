package endurance_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
	"kept.dev/suite/dbaudit"
)

// audit is the suite's databases, looked at directly and not through the suite.
type audit struct {
	*dbaudit.Audit
	// customer and order are those two's.
	customer, order *sql.DB
	// stocked is how much of each product has been delivered to the shop, by the product's id without the play's tag.
	stocked map[string]int64
}

// potsOfS07 is what S07 puts on the shelf.
var potsOfS07 = map[string]int64{"coffee-pot": 10, "tea-pot": 5}

func newAudit(b *dbaudit.Audit) *audit {
	return &audit{Audit: b, customer: b.Services["customer"], order: b.Services["order"], stocked: potsOfS07}
}

func auditOfCluster(t *testing.T, c *cluster.Cluster) *audit {
	t.Helper()
	return newAudit(dbaudit.Open(t, "pgx", c.Postgres.URL))
}

func auditOfFolder(t *testing.T, dir string) *audit {
	t.Helper()
	return newAudit(dbaudit.OpenFolder(t, dir))
}

// balance waits until nothing is wrong in the databases, and fails saying what is.
func (b *audit) balance(t *testing.T) {
	t.Helper()
	var wrong []string
	var err error
	for end := time.Now().Add(patience); ; {
		if wrong, err = b.wrongs(t.Context()); err == nil && len(wrong) == 0 || time.Now().After(end) {
			break
		}
		select {
		case <-t.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	require.NoError(t, err)
	require.Empty(t, wrong, "what is wrong in the databases")
}

// wrongs says what is wrong in the databases now.
func (b *audit) wrongs(ctx context.Context) (wrong []string, err error) {
	for _, check := range []func(context.Context) ([]string, error){
		b.plumbing, b.money, b.goods, b.facts, b.promises, b.Delivery, b.points, b.cases, b.mails,
	} {
		found, err := check(ctx)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, found...)
	}
	return wrong, nil
}

// breaches runs queries that must find nothing, each under the name of what it breaks.
func breaches(ctx context.Context, db *sql.DB, queries [][2]string) (wrong []string, err error) {
	for _, q := range queries {
		found, err := dbaudit.Column(ctx, db, q[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q[0], err)
		}
		for _, row := range found {
			wrong = append(wrong, q[0]+": "+row)
		}
	}
	return wrong, nil
}

// plumbing: everything that was said has been published, nothing has failed, and new handlers have been given what was said before.
func (b *audit) plumbing(ctx context.Context) (wrong []string, err error) {
	for service, db := range b.Services {
		found, err := breaches(ctx, db, [][2]string{
			{service + ": an event waits in the outbox", `select type || ' ' || id from outbox where pending`},
			{service + ": a handler without the last hour's events", `select name || ' ' || type from event_handler where not republished`},
			{service + ": a dead letter", `select kind || ' ' || key || ': ' || error from timer where attempts > 0`},
			{service + ": the same fact said twice", `
				select subject || ' ' || type from outbox group by subject, type, version, data having count(*) > 1`},
		})
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, found...)
	}
	return wrong, nil
}

// money: what was owed came back, once, and nothing else did. Promise state 4 is BROKEN, order state 5 CANCELLED,
// purpose 1 SPEED_FEE and 2 CANCELLATION, refund state 2 SETTLED.
func (b *audit) money(ctx context.Context) ([]string, error) {
	return breaches(ctx, b.order, [][2]string{
		{"a broken promise whose fee did not come back once", `
			select id from orders o where promise_state = 4 and fee > 0 and (
				select count(*) from refund r join invoice_credit c on c.reference = r.reference and c.amount = r.amount
				where r.order_id = o.id and r.purpose = 1 and r.state = 2 and r.amount = o.fee) <> 1`},
		{"a cancelled order whose rest did not come back once", `
			select id from orders o where state = 5 and (
				select count(*) from refund r join invoice_credit c on c.reference = r.reference and c.amount = r.amount
				where r.order_id = o.id and r.purpose = 2 and r.state = 2
				and r.amount = o.goods + case when o.promise_state = 4 then 0 else o.fee end) <> 1`},
		{"a refund without a reason", `
			select r.order_id from refund r join orders o on o.id = r.order_id
			where r.purpose = 1 and o.promise_state <> 4 or r.purpose = 2 and o.state <> 5`},
		{"refunds that are not what the order says", `
			select id from orders o
			where refunded <> (select coalesce(sum(amount), 0) from refund where order_id = o.id)`},
		{"credits that are not what was refunded", `
			select id from orders o
			where refunded <> (select coalesce(sum(amount), 0) from invoice_credit where order_id = o.id)`},
	})
}

// goods: what is held and what has left the shelf is what the orders say. State 1 is PLACED.
func (b *audit) goods(ctx context.Context) (wrong []string, err error) {
	rows, err := b.order.QueryContext(ctx, `
		select s.product_id, s.on_hand, s.held,
			coalesce(sum(case when o.state = 1 then l.quantity else 0 end), 0),
			coalesce(sum(case when o.picked is not null and o.state <> 5 then l.quantity else 0 end), 0)
		from stock s left join order_line l on l.product_id = s.product_id left join orders o on o.id = l.order_id
		group by s.product_id, s.on_hand, s.held`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var product string
		var onHand, held, placed, left int64
		if err := rows.Scan(&product, &onHand, &held, &placed, &left); err != nil {
			return nil, err
		}
		if held != placed {
			wrong = append(wrong, fmt.Sprintf("%s: %d held, %d in placed orders", product, held, placed))
		}
		stocked := b.stocked[product[:strings.LastIndex(product, "-")]]
		if onHand != stocked-left {
			wrong = append(wrong, fmt.Sprintf("%s: %d on hand, %d came in and %d left", product, onHand, stocked, left))
		}
	}
	return wrong, rows.Err()
}

// facts: each order has said, once, what has become of it.
func (b *audit) facts(ctx context.Context) ([]string, error) {
	said := func(fact, when string) [2]string {
		return [2]string{fact + " not said as it should", `
			select id from orders o where (
				select count(*) from outbox where subject = 'orders/' || o.id and type = 'kept.` + fact + `'
			) <> case when ` + when + ` then 1 else 0 end`}
	}
	return breaches(ctx, b.order, [][2]string{
		said("order.v1.OrderPlaced", "true"), said("promise.v1.PromiseMade", "true"),
		said("order.v1.OrderPicked", "picked is not null"), said("order.v1.OrderShipped", "shipped is not null"),
		said("order.v1.OrderDelivered", "delivered is not null"), said("order.v1.OrderCancelled", "state = 5"),
		said("promise.v1.PromiseKept", "promise_state = 3"), said("promise.v1.PromiseBroken", "promise_state = 4"),
		said("promise.v1.PromiseReleased", "promise_state = 5"),
	})
}

// promises: the promise book and the orders with their refunds agree, promise by promise. The book knows a state more, DUE, in which
// nothing may stay.
func (b *audit) promises(ctx context.Context) (wrong []string, err error) {
	kept, err := dbaudit.Column(ctx, b.order, `
		select promise || ' orders/' || id || ' ' || customer || ' ' || fee || ' ' ||
			case when promise_state <= 2 then promise_state else promise_state + 1 end
		from orders
		union all select promise || ' orders/' || order_id || '/refunds/' || id || ' ' || customer || ' 0 ' ||
			case when promise_state = 1 then promise_state else promise_state + 1 end
		from refund`)
	if err != nil {
		return nil, err
	}
	book, err := dbaudit.Column(ctx, b.customer, `
		select 'promises/' || id || ' ' || about || ' ' || customer || ' ' || fee || ' ' || state
		from promise where service = 'order'`)
	if err != nil {
		return nil, err
	}
	return dbaudit.Differences("the orders have the promise", kept, "the book has", book), nil
}

// finalStates describes, for each performance of S07, what it has left in the orders' database: the orders in the order
// of their making, with what came back, and the facts about each.
func (b *audit) finalStates(t *testing.T) []string {
	t.Helper()
	rows, err := b.order.QueryContext(t.Context(), `
		select l.product_id,
			'state ' || o.state || ' promise ' || o.promise_state || ' version ' || o.version || ' refunded ' || o.refunded ||
			' of ' || (o.goods + o.fee) || ' held ' || s.held || ' on hand ' || s.on_hand || ' facts ' ||
			(select count(*) from outbox where subject = 'orders/' || o.id)
		from orders o join order_line l on l.order_id = o.id join stock s on s.product_id = l.product_id
		where l.product_id like 'coffee-pot-%' order by l.product_id, o.created, o.id`)
	require.NoError(t, err)
	defer rows.Close()
	states := map[string]string{}
	for rows.Next() {
		var product, state string
		require.NoError(t, rows.Scan(&product, &state))
		states[product] += state + "\n"
	}
	require.NoError(t, rows.Err())
	var out []string
	for _, state := range states {
		out = append(out, state)
	}
	return out
}
