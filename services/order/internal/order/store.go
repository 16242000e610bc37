package order

import (
	"errors"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/type/postaladdress"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func idOf(name string) string     { return strings.TrimPrefix(name, collection) }
func optionID(name string) string { return strings.TrimPrefix(name, "deliveryOptions/") }

const insert = `
	insert into orders (id, version, customer, state, promise_state, promise, currency, goods, fee, refunded,
		delivery_option, channel, payment_method, delivery_address, billing_address, home_address,
		promised, first_promised, expected, created, creator_role, creator, order_number, cancel_reason)
	values ($1, 1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $14, $15, $15, $15, $16, $17, $18, $19, '')`

func insertOrder(tx *sqldb.Tx, o *orderv1.Order) error {
	goods, err := money.Parse(o.GetGoodsAmount())
	if err != nil {
		return err
	}
	fee, err := money.Parse(o.GetSpeedFee())
	if err != nil {
		return err
	}
	var addresses [3][]byte
	for i, a := range []*postaladdress.PostalAddress{o.GetDeliveryAddress(), o.GetBillingAddress(), o.GetHomeAddress()} {
		if addresses[i], err = encodeAddress(a); err != nil {
			return err
		}
	}
	tx.Exec(insert, idOf(o.GetName()), o.GetCustomer(), int64(o.GetState()), int64(o.GetPromiseState()), o.GetPromise(),
		goods.Currency, goods.Minor, fee.Minor, o.GetDeliveryOption(), int64(o.GetChannel()), int64(o.GetPaymentMethod()),
		addresses[0], addresses[1], addresses[2], micros(o.GetPromisedDeliveryTime()), micros(o.GetCreateTime()),
		int64(o.GetCreator().GetRole()), o.GetCreator().GetPrincipal(), o.GetOrderNumber())
	return insertLines(tx, o)
}

func encodeAddress(a *postaladdress.PostalAddress) ([]byte, error) {
	if a == nil {
		return nil, nil
	}
	return proto.Marshal(a)
}

func decodeAddress(raw []byte) (*postaladdress.PostalAddress, error) {
	if raw == nil {
		return nil, nil
	}
	a := &postaladdress.PostalAddress{}
	return a, proto.Unmarshal(raw, a)
}

// Columns are the columns of an order, as Scan reads them.
const Columns = `id, version, customer, state, promise_state, promise, currency, goods, fee, refunded, delivery_option,
	channel, payment_method, delivery_address, billing_address, home_address, promised, expected, created,
	picked, shipped, delivered, cancelled, cancel_reason, creator_role, creator, returned, return_reason, source_import,
	order_number, delivery_fee, tax, added_tax, discount, note`

const selectOrders = `select ` + Columns + ` from orders`

// Scan reads one row of an order, without its lines.
func Scan(r *sqldb.Rows) (*orderv1.Order, error) {
	var id, currency, creator string
	var version, state, promiseState, goods, fee, refunded, channel, method, role int64
	var delivery, tax, addedTax, discount int64
	var addresses [3][]byte
	var promised, expected, created, picked, shipped, delivered, cancelled, returned *int64
	o := &orderv1.Order{}
	err := r.Scan(&id, &version, &o.Customer, &state, &promiseState, &o.Promise, &currency, &goods, &fee, &refunded,
		&o.DeliveryOption, &channel, &method, &addresses[0], &addresses[1], &addresses[2],
		&promised, &expected, &created, &picked, &shipped, &delivered, &cancelled, &o.CancelReason,
		&role, &creator, &returned, &o.ReturnReason, &o.SourceImport,
		&o.OrderNumber, &delivery, &tax, &addedTax, &discount, &o.Note)
	if err != nil {
		return nil, err
	}
	for i, to := range []**postaladdress.PostalAddress{&o.DeliveryAddress, &o.BillingAddress, &o.HomeAddress} {
		if *to, err = decodeAddress(addresses[i]); err != nil {
			return nil, err
		}
	}
	amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: currency} }
	o.Etag = strconv.FormatInt(version, 10)
	o.Name, o.State, o.PromiseState = collection+id, orderv1.Order_State(state), orderv1.Order_PromiseState(promiseState)
	o.Channel, o.PaymentMethod = typepb.Channel(channel), orderv1.Order_PaymentMethod(method)
	o.GoodsAmount, o.SpeedFee = amount(goods).Proto(), amount(fee).Proto()
	o.TotalAmount, o.RefundedAmount = amount(goods+fee+delivery+addedTax).Proto(), amount(refunded).Proto()
	if o.GetSourceImport() != "" {
		o.DeliveryFee, o.TaxAmount, o.DiscountAmount = amount(delivery).Proto(), amount(tax).Proto(), amount(discount).Proto()
	}
	o.PromisedDeliveryTime, o.ExpectedDeliveryTime, o.CreateTime = clock.Stamp(promised), clock.Stamp(expected), clock.Stamp(created)
	o.PickTime, o.ShipTime, o.DeliverTime, o.CancelTime = clock.Stamp(picked), clock.Stamp(shipped), clock.Stamp(delivered), clock.Stamp(cancelled)
	o.ReturnTime, o.Creator = clock.Stamp(returned), access.ActorOf(role, creator)
	return o, nil
}

// Version is the order's version, which its etag shows.
func Version(o *orderv1.Order) int64 {
	n, _ := strconv.ParseInt(o.GetEtag(), 10, 64) // made by us, always a number
	return n
}

var errNoSuchOrder = errors.New("no such order")

// Change runs an update that returns the order's columns, and returns the order with its lines.
//
// Errors: NOT_FOUND when it changed no row.
func Change(tx *sqldb.Tx, name string, update *sqldb.Stmt) (*orderv1.Order, error) {
	order, _, err := ChangeAnd(tx, name, update)
	return order, err
}

// ChangeAnd does as Change does, and runs the queries after it in the same round trip. They see the order's row locked, and
// so all that others have done to the order before.
func ChangeAnd(tx *sqldb.Tx, name string, update *sqldb.Stmt, queries ...*sqldb.Stmt) (*orderv1.Order, []*sqldb.Rows, error) {
	results, err := tx.Batch(append([]*sqldb.Stmt{update, SelectLines(idOf(name))}, queries...)...)
	if err != nil {
		return nil, nil, err
	}
	order, err := sqldb.One(results[0], Scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, nil, errs.NotFound(name).Because(errNoSuchOrder)
	}
	if err != nil {
		return nil, nil, err
	}
	return order, results[2:], AddLines([]*orderv1.Order{order}, results[1])
}

func micros(t *timestamppb.Timestamp) int64 { return t.AsTime().UnixMicro() }
