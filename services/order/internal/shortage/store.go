package shortage

import (
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const (
	orders    = "orders/"
	products  = "products/"
	shortages = "/shortages/"
)

func orderID(name string) string   { return strings.TrimPrefix(name, orders) }
func productID(name string) string { return strings.TrimPrefix(name, products) }

// productName is the name of the product with this id, or nothing for none.
func productName(id string) string {
	if id == "" {
		return ""
	}
	return products + id
}

// split takes a shortage's name apart: the ids of its order and of itself.
func split(name string) (order, id string) {
	order, id, _ = strings.Cut(orderID(name), shortages)
	return order, id
}

// row is a shortage as the table has it.
type row struct {
	id, orderID, customer string // the ids of shortage and order, the customer's name
	product               string // products/{product}
	quantity, owed        int64  // how many are missing, and how many of them are neither held nor called off
	reason                string
	wait                  *int64
	substitute            string // products/{product}, or empty
	substitutePrice       int64  // of one, in minor units of the order's currency, when it was offered
	state                 orderv1.Shortage_State
	choice, otherwise     orderv1.Shortage_Choice // otherwise is what happens without an answer
	deadline, created     int64
	answeredBy            access.Principal
	answered              *int64
}

const columns = `id, order_id, customer, product_id, quantity, owed, reason, wait, substitute_id, substitute_price, state, choice,
	default_choice, deadline, created, answered_role, answered_by, answered`

const selectShortages = `select ` + columns + ` from shortage`

func scan(r *sqldb.Rows) (row, error) {
	var s row
	var state, choice, otherwise, role int64
	err := r.Scan(&s.id, &s.orderID, &s.customer, &s.product, &s.quantity, &s.owed, &s.reason, &s.wait, &s.substitute,
		&s.substitutePrice, &state, &choice, &otherwise, &s.deadline, &s.created, &role, &s.answeredBy.Subject, &s.answered)
	s.product, s.substitute = productName(s.product), productName(s.substitute)
	s.state, s.answeredBy.Role = orderv1.Shortage_State(state), accessv1.Role(role)
	s.choice, s.otherwise = orderv1.Shortage_Choice(choice), orderv1.Shortage_Choice(otherwise)
	return s, err
}

func (s row) name() string { return orders + s.orderID + shortages + s.id }

func (s row) proto() *orderv1.Shortage {
	p := &orderv1.Shortage{
		Name: s.name(), Product: s.product, Quantity: s.quantity, Reason: s.reason, ExpectedDeliveryTime: clock.Stamp(s.wait),
		Substitute: s.substitute, Choices: choices(s), State: s.state, Choice: s.choice, AnswerDueTime: clock.Stamp(&s.deadline),
		DefaultChoice: s.otherwise, CreateTime: clock.Stamp(&s.created), AnswerTime: clock.Stamp(s.answered),
	}
	if !s.answeredBy.Anonymous() {
		p.AnsweredBy = s.answeredBy.Actor()
	}
	return p
}

func scanProto(r *sqldb.Rows) (*orderv1.Shortage, error) {
	s, err := scan(r)
	return s.proto(), err
}

// The order has one open shortage of a product at most: the named index refuses another.
const insert = `
	insert into shortage (id, order_id, customer, product_id, quantity, owed, reason, wait, substitute_id, substitute_price,
		state, choice, default_choice, deadline, answered_role, answered_by, created)
	values ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, 1, 0, $10, $11, 0, '', $12)
	returning ` + columns

func (s row) insert() *sqldb.Stmt {
	return sqldb.Q(insert, s.id, s.orderID, s.customer, productID(s.product), s.quantity, s.reason, s.wait,
		productID(s.substitute), s.substitutePrice, int64(s.otherwise), s.deadline, s.created)
}

// move ends a transaction that has changed an order, whose row it has had locked since it read it.
func move(tx *sqldb.Tx, o *orderv1.Order, asking, owed int64) {
	tx.Exec(`
		update orders set
			asking = asking - $2, owed = owed - $3, promise = $4, promise_state = $5, promised = $6, expected = $7
		where id = $1`,
		orderID(o.GetName()), asking, owed, o.GetPromise(), int64(o.GetPromiseState()),
		o.GetPromisedDeliveryTime().AsTime().UnixMicro(), o.GetExpectedDeliveryTime().AsTime().UnixMicro())
}

func microsOf(t *timestamppb.Timestamp) *int64 {
	if t == nil {
		return nil
	}
	n := t.AsTime().UnixMicro()
	return &n
}
