package shortage

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
	"kept.dev/services/order/internal/stock"
)

// decision is what somebody wants to happen about a shortage, or what happens because nobody said anything.
type decision struct {
	state      orderv1.Shortage_State  // ANSWERED, or DEFAULTED
	choice     orderv1.Shortage_Choice // unspecified for the default
	answeredBy access.Principal        // nobody for the default
	customer   string                  // whose shortage it has to be; empty for anybody's
	at         time.Time
}

// matter is a shortage that is being decided: with its order, whose row is locked, and what goes back and is said in the end.
type matter struct {
	row
	want     decision
	order    *orderv1.Order
	version  int64 // of the order after the decision
	other    int64 // until when the order waits for something else, or 0
	feeBack  bool  // what was paid for speed has come back already
	refunded money.Amount
	facts    []proto.Message
}

// decide carries a decision out: shortage, order, goods, money and promise in one transaction, with what is said of them.
//
// Many may decide at once, on different replicas, and the timer too: each changes the order first, so one comes after the
// other, and finds the shortage decided.
//
// Errors: NOT_FOUND; FAILED_PRECONDITION (SHORTAGE_ANSWERED); INVALID_ARGUMENT for a choice that is not offered.
func (s *Service) decide(ctx context.Context, tx *sqldb.Tx, name string, d decision) (*orderv1.Shortage, error) {
	m, err := begin(tx, name, d)
	if err != nil {
		return nil, err
	}
	m.write(tx)
	if m.choice == orderv1.Shortage_WAIT {
		err = s.wait(ctx, tx, m)
	} else {
		err = s.applyChoice(ctx, tx, m)
	}
	if err != nil {
		return nil, err
	}
	if err := s.end(ctx, tx, m); err != nil {
		return nil, err
	}
	return m.row.proto(), nil
}

const (
	touch = `
	update orders set version = version + 1 where id = $1 and ($2 = '' or customer = $2)
	returning ` + order.Columns
	selectOne    = selectShortages + ` where order_id = $1 and id = $2`
	selectAround = `
	select (select coalesce(max(wait), 0) from shortage where order_id = $1 and id <> $2 and choice = 1 and owed > 0),
		(select count(*) from refund where order_id = $1 and purpose = 1)`
)

// begin locks the order and reads what the decision is about.
func begin(tx *sqldb.Tx, name string, d decision) (*matter, error) {
	orderID, id := split(name)
	o, rows, err := order.ChangeAnd(tx, orders+orderID, sqldb.Q(touch, orderID, d.customer),
		sqldb.Q(selectOne, orderID, id), sqldb.Q(selectAround, orderID, id))
	if errs.KindOf(err) == errs.KindNotFound {
		return nil, errs.NotFound(name)
	}
	if err != nil {
		return nil, err
	}
	m, err := sqldb.One(rows[1], scanAround)
	if err != nil {
		return nil, err
	}
	m.want, m.order, m.version = d, o, order.Version(o)
	m.row, err = sqldb.One(rows[0], scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(name)
	}
	if err != nil {
		return nil, err
	}
	return m, m.check()
}

func scanAround(r *sqldb.Rows) (*matter, error) {
	m := &matter{}
	var fees int64
	err := r.Scan(&m.other, &fees)
	m.feeBack = fees > 0
	return m, err
}

// check refuses what can't be decided, and says what is, where the default holds.
func (m *matter) check() error {
	if m.state != orderv1.Shortage_OPEN {
		return answered(m.name())
	}
	if m.want.state == orderv1.Shortage_DEFAULTED {
		m.want.choice = m.otherwise
	} else if !choosable(m.row, m.want.choice, m.want.at) {
		return errs.Invalid("choice", "%s can't be chosen; what can is %v", m.want.choice, choices(m.row))
	}
	return nil
}

func answered(name string) error {
	return errs.Refused("SHORTAGE_ANSWERED", "it is decided already what happens about %s", name)
}

// A shortage in any other state gets the state 0, which the named CHECK refuses.
const writeAnswer = `
	update shortage set state = case when state = 1 then $2 else 0 end, choice = $3, answered_role = $4, answered_by = $5, answered = $6,
		owed = owed - $7
	where id = $1`

// write writes the decision. Who waits is still owed what is missing, and nobody else.
func (m *matter) write(tx *sqldb.Tx) {
	at := m.want.at.UnixMicro()
	m.state, m.choice, m.answeredBy, m.answered = m.want.state, m.want.choice, m.want.answeredBy, &at
	tx.Exec(writeAnswer, m.id, int64(m.state), int64(m.choice), int64(m.answeredBy.Role), m.answeredBy.Subject, at, m.dropped()).
		Refuse("shortage_state_known", answered(m.name()))
}

// dropped is how many units are owed no more.
func (m *matter) dropped() int64 {
	if m.choice == orderv1.Shortage_WAIT {
		return 0
	}
	return m.owed
}

// end writes the order, says what was decided, calls off an order of which nothing is left, and frees the goods.
func (s *Service) end(ctx context.Context, tx *sqldb.Tx, m *matter) error {
	move(tx, m.order, 1, m.dropped())
	if err := s.steps.Record(tx, m.order, m.want.at, "%s", note(m.row)); err != nil {
		return err
	}
	m.facts = append(m.facts, m.fact())
	if err := s.outbox.Append(ctx, tx, m.order.GetName(), m.version, m.facts...); err != nil {
		return err
	}
	if nothingComes(m.order) {
		if _, err := s.orders.CallOff(ctx, tx, m.order.GetName(), m.reason, ""); err != nil {
			return err
		}
	}
	if filled := m.quantity - m.owed; filled > 0 && m.choice != orderv1.Shortage_WAIT {
		stock.Release(tx, m.product, filled)
	}
	if m.substitute != "" && m.choice != orderv1.Shortage_SUBSTITUTE {
		stock.Release(tx, m.substitute, m.quantity)
	}
	return nil
}

// note is what the order's way shows of a decision.
func note(s row) string {
	text := map[orderv1.Shortage_Choice]string{
		orderv1.Shortage_WAIT:       "waiting for what is missing",
		orderv1.Shortage_SUBSTITUTE: "a substitute comes for what is missing",
		orderv1.Shortage_CANCEL:     "what is missing is called off",
	}[s.choice]
	if s.state == orderv1.Shortage_DEFAULTED {
		return text + ", since there was no answer"
	}
	return text
}

// fact is what is said of a decision.
func (m *matter) fact() *orderv1.ShortageAnswered {
	said := &orderv1.ShortageAnswered{
		Shortage: m.name(), Order: m.order.GetName(), Customer: m.order.GetCustomer(), Product: m.product, Choice: m.choice,
		Defaulted: m.state == orderv1.Shortage_DEFAULTED,
	}
	if !nothingComes(m.order) {
		said.ExpectedDeliveryTime = m.order.GetExpectedDeliveryTime()
	}
	if m.refunded.Minor > 0 {
		said.RefundedAmount = m.refunded.Proto()
	}
	return said
}
