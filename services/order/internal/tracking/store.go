package tracking

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/clock"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const collection = "orders/"

func orderID(name string) string { return strings.TrimPrefix(name, collection) }

func number(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

func stepName(order string, version int64) string {
	return collection + order + "/trackingEvents/" + strconv.FormatInt(version, 10)
}

// versionOf is the number of a step of ours.
func versionOf(e *orderv1.TrackingEvent) int64 {
	n, _ := number(e.GetName()[strings.LastIndexByte(e.GetName(), '/')+1:]) // made by us, always a number
	return n
}

// selectSteps reads the steps of orders. The first one is not written down: the order itself knows when it was placed and what
// was promised then.
const selectSteps = `
	select order_id, version, time, state, promise_state, expected, note from (
		select id as order_id, 1 as version, created as time, 1 as state, 1 as promise_state, first_promised as expected,
			'placed' as note
		from orders where source_import = ''
		union all
		select id, 1, created, 4, 0, null, 'imported' from orders where source_import <> ''
		union all
		select order_id, version, time, state, promise_state, expected, note from tracking
	) steps`

const selectStepsAfter = selectSteps + `
	where order_id = $1 and version > $2
	order by version limit $3`

func scan(r *sqldb.Rows) (*orderv1.TrackingEvent, error) {
	var order string
	var version, at, state, promiseState int64
	var expected *int64
	e := &orderv1.TrackingEvent{}
	err := r.Scan(&order, &version, &at, &state, &promiseState, &expected, &e.Note)
	e.Name = stepName(order, version)
	e.State, e.PromiseState = orderv1.Order_State(state), orderv1.Order_PromiseState(promiseState)
	e.EventTime, e.ExpectedDeliveryTime = timestamppb.New(time.UnixMicro(at)), clock.Stamp(expected)
	return e, err
}

// selectState reads how an order stands that the caller may see.
const selectState = `select state from orders where id = $1 and ($2 = '' or customer = $2)`

func scanState(r *sqldb.Rows) (orderv1.Order_State, error) {
	var state int64
	err := r.Scan(&state)
	return orderv1.Order_State(state), err
}
