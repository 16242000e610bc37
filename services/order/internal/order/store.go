package order

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/type/postaladdress"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	commonv1 "kept.dev/proto/gen/kept/common/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func idOf(name string) string     { return strings.TrimPrefix(name, collection) }
func optionID(name string) string { return strings.TrimPrefix(name, "deliveryOptions/") }

func knowCustomer(tx *sqldb.Tx, customer string) {
	tx.Exec(`insert into known_customer (name) values ($1) on conflict (name) do nothing`, customer)
}

const insert = `
	insert into orders (id, version, customer, state, promise_state, promise, currency, goods, fee, refunded,
		delivery_option, channel, payment_method, delivery_address, billing_address, home_address,
		promised, expected, created, cancel_reason)
	values ($1, 1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $14, $15, $15, $16, '')`

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
		addresses[0], addresses[1], addresses[2], micros(o.GetPromisedDeliveryTime()), micros(o.GetCreateTime()))
	return insertLines(tx, o)
}

// insertLines writes all lines with one statement.
func insertLines(tx *sqldb.Tx, o *orderv1.Order) error {
	var text strings.Builder
	text.WriteString("insert into order_line (order_id, number, product_id, quantity, price) values ")
	args := []any{idOf(o.GetName())}
	for i, line := range o.GetLines() {
		unit, err := money.Parse(line.GetUnitPrice())
		if err != nil {
			return err
		}
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString("($1, " + strconv.Itoa(i+1))
		for range 3 {
			args = append(args, nil)
			text.WriteString(", $" + strconv.Itoa(len(args)))
		}
		text.WriteString(")")
		n := len(args)
		args[n-3], args[n-2], args[n-1] = strings.TrimPrefix(line.GetProduct(), "products/"), line.GetQuantity(), unit.Minor
	}
	tx.Exec(text.String(), args...)
	return nil
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
	picked, shipped, delivered, cancelled, cancel_reason`

const selectOrders = `select ` + Columns + ` from orders`

// Scan reads one row of an order, without its lines.
func Scan(r *sqldb.Rows) (*orderv1.Order, error) {
	var id, currency string
	var version, state, promiseState, goods, fee, refunded, channel, method int64
	var addresses [3][]byte
	var promised, expected, created, picked, shipped, delivered, cancelled *int64
	o := &orderv1.Order{}
	err := r.Scan(&id, &version, &o.Customer, &state, &promiseState, &o.Promise, &currency, &goods, &fee, &refunded,
		&o.DeliveryOption, &channel, &method, &addresses[0], &addresses[1], &addresses[2],
		&promised, &expected, &created, &picked, &shipped, &delivered, &cancelled, &o.CancelReason)
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
	o.Channel, o.PaymentMethod = commonv1.Channel(channel), orderv1.Order_PaymentMethod(method)
	o.GoodsAmount, o.SpeedFee = amount(goods).Proto(), amount(fee).Proto()
	o.TotalAmount, o.RefundedAmount = amount(goods+fee).Proto(), amount(refunded).Proto()
	o.PromisedDeliveryTime, o.ExpectedDeliveryTime, o.CreateTime = stamp(promised), stamp(expected), stamp(created)
	o.PickTime, o.ShipTime, o.DeliverTime, o.CancelTime = stamp(picked), stamp(shipped), stamp(delivered), stamp(cancelled)
	return o, nil
}

// SelectLines reads the lines of the orders with these ids.
func SelectLines(ids ...string) *sqldb.Stmt {
	list, args := sqldb.List(1, ids)
	return sqldb.Q(`select order_id, product_id, quantity, price from order_line
		where order_id in `+list+` order by order_id, number`, args...)
}

// AddLines puts the rows of SelectLines to their orders.
func AddLines(orders []*orderv1.Order, rows *sqldb.Rows) error {
	byID := make(map[string]*orderv1.Order, len(orders))
	for _, o := range orders {
		byID[idOf(o.GetName())] = o
	}
	for rows.Next() {
		var order, product string
		var quantity, price int64
		if err := rows.Scan(&order, &product, &quantity, &price); err != nil {
			return err
		}
		o := byID[order]
		unit := money.Amount{Minor: price, Currency: o.GetTotalAmount().GetCurrencyCode()}
		amount, err := unit.Times(quantity)
		if err != nil {
			return err
		}
		o.Lines = append(o.Lines, &orderv1.Order_Line{
			Product: "products/" + product, Quantity: quantity, UnitPrice: unit.Proto(), Amount: amount.Proto(),
		})
	}
	return nil
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
	results, err := tx.Batch(update, SelectLines(idOf(name)))
	if err != nil {
		return nil, err
	}
	order, err := sqldb.One(results[0], Scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(name).Because(errNoSuchOrder)
	}
	if err != nil {
		return nil, err
	}
	return order, AddLines([]*orderv1.Order{order}, results[1])
}

func micros(t *timestamppb.Timestamp) int64 { return t.AsTime().UnixMicro() }

func stamp(micros *int64) *timestamppb.Timestamp {
	if micros == nil {
		return nil
	}
	return timestamppb.New(time.UnixMicro(*micros))
}
