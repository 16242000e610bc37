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

// selectLater counts by day what is due after the last month. There is little of it: the promises of the weeks to come.
const selectLater = `
	with kind (kind) as (select 'promiseKinds/' || id from promise_kind), state (state) as (values %s)
	select p.due / 86400000000 * 86400000000, p.kind, p.state, count(*)
	from kind k cross join state s cross join promise p
	where p.kind = k.kind and p.state = s.state and p.due >= $1
	group by 1, 2, 3`

// promises is how many of one kind were due on the same day, or in the same month, and are in a state.
type promises struct {
	due   time.Time // the first moment of that
	kind  string
	state customerv1.Promise_State
	count int64
}

// countPromises counts those of the months, and those that are due later.
func countPromises(months []time.Time) (those, later *sqldb.Stmt) {
	states := "(" + strings.Join(numbers(customerv1.Promise_State_name), "), (") + ")"
	args := make([]any, len(months))
	rows := make([]string, len(months)-1)
	for i, m := range months {
		args[i] = m.UnixMicro()
		if i > 0 {
			rows[i-1] = fmt.Sprintf("(cast($%d as bigint), cast($%d as bigint))", i, i+1)
		}
	}
	return sqldb.Q(fmt.Sprintf(selectPromises, strings.Join(rows, ", "), states), args...),
		sqldb.Q(fmt.Sprintf(selectLater, states), args[len(args)-1])
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

// The types are spelled out, because only so the partial indexes on them are used.
const selectCancellations = `
	select c.event_time / 86400000000 * 86400000000, count(*),
		sum(case
			when c.details not like '%"reason":"%' then 1
			when c.event_time > $2 then 0
			when exists (
				select 1 from timeline_entry m
				where m.event_type = 'kept.notification.v1.MessageAccepted'
				and m.customer = c.customer and m.about = c.about
				and m.event_time between c.event_time - $3 and c.event_time + $4
			) then 0
			else 1
		end)
	from timeline_entry c
	where c.event_type = 'kept.order.v1.OrderCancelled' and c.event_time >= $1
	group by 1`

// cancellations is how many orders were cancelled on a day, and how many of them in silence.
type cancellations struct {
	at            time.Time // the day's first moment
	count, silent int64
}

func countCancellations(since, now time.Time) *sqldb.Stmt {
	return sqldb.Q(selectCancellations, since.UnixMicro(), now.Add(-tellWithin).UnixMicro(),
		clocksApart.Microseconds(), tellWithin.Microseconds())
}

func scanCancellations(r *sqldb.Rows) (c cancellations, err error) {
	var day int64
	err = r.Scan(&day, &c.count, &c.silent)
	c.at = time.UnixMicro(day)
	return c, err
}
