package order_test

import (
	"strings"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/sqldb"
)

// takenForBroken finds the answer that the last promise of an order was broken. A delivery in time takes it back when the news
// of it came late: a promise that was broken first and kept then.
const takenForBroken = `
	select 1 from outbox b where b.subject = 'orders/' || o.id and b.type = 'kept.promise.v1.PromiseBroken' and b.version >
		(select max(version) from outbox where subject = b.subject and type = 'kept.promise.v1.PromiseMade')`

// books are queries that must find nothing, whatever has happened, each under the name of what it breaks. Order state 1 is
// PLACED, shortage state 1 OPEN, choice 1 WAIT, purpose 3 SHORTAGE.
var books = [][2]string{
	{"more or less is held than placed orders have at hand and what they may take instead", `
		select product_id from stock s where held <>
			(select coalesce(sum(quantity - missing), 0) from order_line l join orders o on o.id = l.order_id
				where l.product_id = s.product_id and o.state = 1)
			- (select coalesce(sum(owed), 0) from shortage where product_id = s.product_id)
			+ (select coalesce(sum(quantity), 0) from shortage where substitute_id = s.product_id and state = 1)`},
	{"an order does not know what it is owed", `
		select id from orders o where owed <> (select coalesce(sum(owed), 0) from shortage where order_id = o.id)`},
	{"an order does not know what its customer is being asked", `
		select id from orders o where asking <> (select count(*) from shortage where order_id = o.id and state = 1)`},
	{"an order that is not placed is owed something", `
		select id from orders where state <> 1 and owed + asking > 0`},
	{"an order has not the refunds that it says", `
		select id from orders o where refunded <> (select coalesce(sum(amount), 0) from refund where order_id = o.id)`},
	{"what was charged is neither coming nor gone back", `
		select id from orders o where state not in (5, 6) and goods <>
			(select sum((quantity - missing) * price) from order_line where order_id = o.id)
			+ (select coalesce(sum(amount), 0) from refund where order_id = o.id and purpose = 3)`},
	{"a cancelled order has not come back wholly", `
		select id from orders where state = 5 and refunded <> goods + fee`},
	{"a missing unit that no shortage tells of", `
		select o.id from orders o where state <> 5 and (select sum(missing) from order_line where order_id = o.id) <>
			(select coalesce(sum(quantity), 0) from shortage where order_id = o.id and choice in (2, 3))`},
	{"a step of the way that nobody took, or one left out", `
		select id from orders o where version <> 1 + (select count(*) from tracking where order_id = o.id)`},
	{"a refund that was not said, or said twice", `
		select r.id from refund r where 1 <> (select count(*) from outbox
			where subject = 'orders/' || r.order_id || '/refunds/' || r.id and type = 'kept.order.v1.RefundRequested')`},
	{"a shortage whose end was not said, or said twice", `
		select s.id from shortage s where (select count(*) from shortage a where a.order_id = s.order_id and a.state in (2, 3)) <>
			(select count(*) from outbox where subject = 'orders/' || s.order_id and type = 'kept.order.v1.ShortageAnswered')`},
	{"a promise made that was neither answered nor stands, or answered twice", `
		select o.id from orders o where
			(select count(*) from outbox where subject = 'orders/' || o.id and type = 'kept.promise.v1.PromiseMade')
			<> (select count(*) from outbox where subject = 'orders/' || o.id and type = 'kept.promise.v1.PromiseReleased')
			+ (select count(*) from outbox where subject = 'orders/' || o.id and type = 'kept.promise.v1.PromiseBroken')
			+ case when promise_state in (1, 2) then 1
				when promise_state = 3 and not exists (` + takenForBroken + `) then 1 else 0 end`},
	{"a promise kept that was not said, or said of one that is not", `
		select o.id from orders o where
			(select count(*) from outbox where subject = 'orders/' || o.id and type = 'kept.promise.v1.PromiseKept')
			<> case when promise_state = 3 then 1 else 0 end`},
	{"the same fact said twice", `
		select subject || type from outbox group by subject, type, version having count(*) > 1`},
	{"a timer or event that failed", `select kind from timer where attempts > 0`},
}

// about notes what names were about, for when something is wrong with them.
func (h *fixture) about(subject string, names ...string) {
	for _, name := range names {
		h.subjects[name[strings.LastIndexByte(name, '/')+1:]] = subject
	}
}

// audit checks the books.
func (h *fixture) audit() {
	for _, check := range books {
		rows, err := h.db.LongReads().Query(h.t.Context(), check[1])
		require.NoError(h.t, err, check[0])
		found, err := sqldb.All(rows, func(r *sqldb.Rows) (text string, err error) {
			err = r.Scan(&text)
			return text + " " + h.subjects[text], err
		})
		require.NoError(h.t, err)
		require.Empty(h.t, found, check[0])
	}
}
