package shortage

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
	"kept.dev/services/order/internal/stock"
)

// CreateShortage reports that something of an order is not there: the shelf has less than was thought, the customer is owed it,
// and is asked. What could come instead is held for as long.
//
// Errors: NOT_FOUND for an unknown order; INVALID_ARGUMENT naming the field for a product or quantity that is not in the order, a
// time that has passed, a substitute that does not exist, is the product itself or has another currency; FAILED_PRECONDITION
// (ORDER_NOT_PLACED) once it has been picked, (SHORTAGE_OPEN) while the customer is being asked about the same product,
// (OUT_OF_STOCK) where there is not enough of the substitute.
func (s *Service) CreateShortage(ctx context.Context, req *orderv1.CreateShortageRequest) (*orderv1.Shortage, error) {
	now := s.clock.Now()
	wanted := func() (report, error) { return s.report(ctx, req, now) }
	return change.DoAfter(ctx, s.db, req, wanted, func(tx *sqldb.Tx, r report) (*orderv1.Shortage, error) {
		o, err := lack(tx, r)
		if err != nil {
			return nil, err
		}
		written, err := r.write(tx, o)
		if err != nil {
			return nil, err
		}
		byDefault.Set(ctx, tx, written.id, time.UnixMicro(written.deadline), nil)
		note := "missing: %d of %s; the customer is being asked"
		if err := s.steps.Record(tx, o, now, note, r.quantity, r.displayName); err != nil {
			return nil, err
		}
		return written.proto(), s.outbox.Append(ctx, tx, o.GetName(), order.Version(o), r.fact(o, written))
	})
}

// report is a shortage that is to be written, with what has to be known for it besides its order.
type report struct {
	row
	displayName, substituteDisplayName string
	substituteCurrency                 string
}

// report makes the shortage that is wanted, by the shop's policy.
func (s *Service) report(ctx context.Context, req *orderv1.CreateShortageRequest, now time.Time) (report, error) {
	wanted := req.GetShortage()
	r := report{row: row{
		id: id.New(), orderID: orderID(req.GetParent()), product: wanted.GetProduct(), quantity: wanted.GetQuantity(),
		reason: strings.TrimSpace(wanted.GetReason()), wait: microsOf(wanted.GetExpectedDeliveryTime()), substitute: wanted.GetSubstitute(),
		created: now.UnixMicro(),
	}}
	switch {
	case r.wait != nil && *r.wait <= r.created:
		return r, errs.Invalid("shortage.expected_delivery_time", "must be in the future")
	case r.substitute == r.product:
		return r, errs.Invalid("shortage.substitute", "must be another product than the missing one")
	}
	policy, err := s.inspect(ctx, &r)
	if err != nil {
		return r, err
	}
	r.deadline = now.Add(policy.GetAnswerDuration().AsDuration()).UnixMicro()
	r.otherwise = defaultFor(r.row, policy.GetDefaultChoice())
	return r, nil
}

// The lock comes with the first statement, and with it the answer whether the order can still lack something.
const owe = `
	update orders set
		version = version + 1, state = case when state = 1 then 1 else 0 end, asking = asking + 1, owed = owed + $2
	where id = $1
	returning ` + order.Columns

const selectSame = `select state, owed from shortage where order_id = $1 and product_id = $2 and (state = 1 or owed > 0)`

// lack notes that the order is owed units, and checks that it has them.
func lack(tx *sqldb.Tx, r report) (*orderv1.Order, error) {
	o, rows, err := order.ChangeAnd(tx, orders+r.orderID, sqldb.Q(owe, r.orderID, r.quantity).
		Refuse("orders_state_known", errs.Refused("ORDER_NOT_PLACED", "%s is not waiting to be picked", orders+r.orderID)),
		sqldb.Q(selectSame, r.orderID, productID(r.product)))
	if err != nil {
		return nil, err
	}
	var owed int64
	for rows[0].Next() {
		var state, units int64
		if err := rows[0].Scan(&state, &units); err != nil {
			return nil, err
		}
		if state == int64(orderv1.Shortage_OPEN) {
			return nil, alreadyOpen(r)
		}
		owed += units
	}
	return o, fits(o, r, owed)
}

func alreadyOpen(r report) error {
	return errs.Refused("SHORTAGE_OPEN", "the customer is being asked about %s already", r.product)
}

// fits checks the report against its order.
func fits(o *orderv1.Order, r report, owed int64) error {
	units, ordered := atHand(o, r.product, owed)
	currency := o.GetTotalAmount().GetCurrencyCode()
	switch {
	case !ordered:
		return errs.Invalid("shortage.product", "%q is not in %s", r.product, o.GetName())
	case r.quantity > units:
		return errs.Invalid("shortage.quantity", "must be at most %d, which is what %s has of %s", units, o.GetName(), r.product)
	case r.substitute != "" && r.substituteCurrency != currency:
		return errs.Invalid("shortage.substitute", "costs %s, but the order %s; an order has one currency",
			r.substituteCurrency, currency)
	}
	return nil
}

// write writes the shortage, and what it means for the goods: the missing units were never there.
func (r report) write(tx *sqldb.Tx, o *orderv1.Order) (row, error) {
	r.customer = o.GetCustomer()
	results, err := tx.Batch(r.insert().Refuse("shortage_open", alreadyOpen(r)))
	if err != nil {
		return row{}, err
	}
	written, err := sqldb.One(results[0], scan)
	if err != nil {
		return row{}, err
	}
	move(tx, o, 0, 0)
	stock.Remove(tx, r.product, r.quantity)
	if r.substitute != "" {
		stock.Hold(tx, r.substitute, r.quantity)
	}
	return written, nil
}

// fact is what is said of the report.
func (r report) fact(o *orderv1.Order, written row) *orderv1.ShortageReported {
	p := written.proto()
	return &orderv1.ShortageReported{
		Shortage: p.GetName(), Order: o.GetName(), Customer: o.GetCustomer(), Product: p.GetProduct(),
		ProductDisplayName: r.displayName, Quantity: p.GetQuantity(), Reason: p.GetReason(), ExpectedDeliveryTime: p.GetExpectedDeliveryTime(),
		Substitute: p.GetSubstitute(), SubstituteDisplayName: r.substituteDisplayName, Choices: p.GetChoices(),
		DefaultChoice: p.GetDefaultChoice(), AnswerDueTime: timestamppb.New(time.UnixMicro(written.deadline)),
	}
}
