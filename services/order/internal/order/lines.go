package order

import (
	"strconv"
	"strings"

	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func productID(name string) string { return strings.TrimPrefix(name, "products/") }

// productName is the name of the product with this id, or nothing for none.
func productName(id string) string {
	if id == "" {
		return ""
	}
	return "products/" + id
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
		args[n-3], args[n-2], args[n-1] = productID(line.GetProduct()), line.GetQuantity(), unit.Minor
	}
	tx.Exec(text.String(), args...)
	return nil
}

// SelectLines reads the lines of the orders with these ids.
func SelectLines(ids ...string) *sqldb.Stmt {
	list, args := sqldb.List(1, ids)
	return sqldb.Q(`select order_id, product_id, quantity, price, missing, replaced_product, product_name, returned from order_line
		where order_id in `+list+` order by order_id, number`, args...)
}

// AddLines puts the rows of SelectLines to their orders.
func AddLines(orders []*orderv1.Order, rows *sqldb.Rows) error {
	byID := make(map[string]*orderv1.Order, len(orders))
	for _, o := range orders {
		byID[idOf(o.GetName())] = o
	}
	for rows.Next() {
		var order, product, instead, called string
		var quantity, price, missing, returned int64
		if err := rows.Scan(&order, &product, &quantity, &price, &missing, &instead, &called, &returned); err != nil {
			return err
		}
		o := byID[order]
		unit := money.Amount{Minor: price, Currency: o.GetTotalAmount().GetCurrencyCode()}
		amount, err := unit.Times(quantity)
		if err != nil {
			return err
		}
		o.Lines = append(o.Lines, &orderv1.Order_Line{
			Product: productName(product), Quantity: quantity, UnitPrice: unit.Proto(), Amount: amount.Proto(),
			MissingQuantity: missing, ReplacedProduct: productName(instead), ProductDisplayName: called, ReturnedQuantity: returned,
		})
	}
	return nil
}

const addLine = `
	insert into order_line (order_id, number, product_id, quantity, price, replaced_product) values ($1, $2, $3, $4, $5, $6)`

// AddLine adds a line to an order that has been placed: what comes in place of something else. Whoever adds it has changed the
// order in the same transaction, so nobody else adds one at the same time.
func AddLine(tx *sqldb.Tx, o *orderv1.Order, line *orderv1.Order_Line) error {
	unit, err := money.Parse(line.GetUnitPrice())
	if err != nil {
		return err
	}
	o.Lines = append(o.Lines, line)
	tx.Exec(addLine, idOf(o.GetName()), int64(len(o.GetLines())), productID(line.GetProduct()), line.GetQuantity(),
		unit.Minor, productID(line.GetReplacedProduct()))
	return nil
}

// MissLine notes that units of the order's line with this index will not come.
func MissLine(tx *sqldb.Tx, o *orderv1.Order, index int, units int64) {
	o.Lines[index].MissingQuantity += units
	tx.Exec(`update order_line set missing = missing + $3 where order_id = $1 and number = $2`, idOf(o.GetName()),
		int64(index+1), units)
}
