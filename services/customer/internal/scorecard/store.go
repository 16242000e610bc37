package scorecard

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// selectPromises counts each month by itself, for each kind and state: so an index answers by counting along it, and nothing
// has to be sorted. Months are given by their first moments and that of the next; %s are their parameters, and the
// states.
const selectPromises = `
	with month (first, next) as (values %s), kind (kind) as (select 'promiseKinds/' || id from promise_kind),
		state (state) as (values %s)
	select m.first, k.kind, s.state,
		(select count(*) from promise p where p.kind = k.kind and p.state = s.state and p.due >= m.first and p.due < m.next)
	from month m cross join kind k cross join state s`

// selectLater counts by the quarter of an hour what is due after the last month: zones are as many of them apart. There is little of it,
// the promises of the weeks to come.
const selectLater = `
	with kind (kind) as (select 'promiseKinds/' || id from promise_kind), state (state) as (values %s)
	select p.due / 900000000 * 900000000, p.kind, p.state, count(*)
	from kind k cross join state s cross join promise p
	where p.kind = k.kind and p.state = s.state and p.due >= $1
	group by 1, 2, 3`

// promises is how many of one kind were due in the same quarter of an hour, or in the same month, and are in a state.
type promises struct {
	due   time.Time // the first moment of that
	kind  string
	state customerv1.Promise_State
	count int64
}

// countPromises counts those of the months, and those that are due later.
func countPromises(months []time.Time) (those, later *sqldb.Stmt) {
	states := "(" + strings.Join(numbers(customerv1.Promise_State_name), "), (") + ")"
	rows, args := between(months, 1)
	return sqldb.Q(fmt.Sprintf(selectPromises, rows, states), args...), sqldb.Q(fmt.Sprintf(selectLater, states), args[len(args)-1])
}

// between are the rows and the arguments, from a parameter on, of the months that begin at these moments and end at the next ones.
func between(firsts []time.Time, from int) (text string, args []any) {
	args = make([]any, len(firsts))
	rows := make([]string, len(firsts)-1)
	for i, m := range firsts {
		args[i] = m.UnixMicro()
		if i > 0 {
			rows[i-1] = fmt.Sprintf("(cast($%d as bigint), cast($%d as bigint))", from+i-1, from+i)
		}
	}
	return strings.Join(rows, ", "), args
}

// numbers are those of an enum's values, but for that of the unspecified one.
func numbers(names map[int32]string) (numbers []string) {
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if n > 0 {
			numbers = append(numbers, strconv.Itoa(int(n)))
		}
	}
	return numbers
}

func scanPromises(r *sqldb.Rows) (p promises, err error) {
	var due, state int64
	err = r.Scan(&due, &p.kind, &state, &p.count)
	p.due, p.state = time.UnixMicro(due), customerv1.Promise_State(state)
	return p, err
}

// A cancellation is silent without a reason, or when the customer has heard nothing about the order ten minutes later.
// Until then it is too early to tell. The clocks of the services that say these things may differ a little.
const (
	tellWithin  = 10 * time.Minute
	clocksApart = 5 * time.Second
)

// The types are spelled out, because only so the partial indexes on them are used. %s are the months' parameters, from $4 on.
const selectCancellations = `
	with month (first, next) as (values %s)
	select m.first, count(*),
		sum(case
			when c.details not like '%%"reason":"%%' then 1
			when c.event_time > $1 then 0
			when exists (
				select 1 from timeline_entry m
				where m.event_type = 'kept.notification.v1.MessageAccepted'
				and m.customer = c.customer and m.about = c.about
				and m.event_time between c.event_time - $2 and c.event_time + $3
			) then 0
			else 1
		end)
	from month m join timeline_entry c
		on c.event_type = 'kept.order.v1.OrderCancelled' and c.event_time >= m.first and c.event_time < m.next
	group by m.first`

// cancellations is how many orders were cancelled in a month, and how many of them in silence.
type cancellations struct {
	at            time.Time // the month's first moment
	count, silent int64
}

func countCancellations(months []time.Time, now time.Time) *sqldb.Stmt {
	args := []any{now.Add(-tellWithin).UnixMicro(), clocksApart.Microseconds(), tellWithin.Microseconds()}
	rows, firsts := between(months, len(args)+1)
	return sqldb.Q(fmt.Sprintf(selectCancellations, rows), append(args, firsts...)...)
}

func scanCancellations(r *sqldb.Rows) (c cancellations, err error) {
	var first int64
	err = r.Scan(&first, &c.count, &c.silent)
	c.at = time.UnixMicro(first)
	return c, err
}
