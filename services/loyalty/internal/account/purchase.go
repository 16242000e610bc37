package account

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	googlemoney "google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
)

const orderCollection = "orders/"

func orderID(name string) string { return strings.TrimPrefix(name, orderCollection) }

// purchase is an order that the customer has got, and what was paid for the goods.
type purchase struct {
	order, customer string // ids
	goods           money.Amount
	returned        bool // as has been heard already
	at              time.Time
	traceparent     string
}

// purchaseOf reads what a fact says; nothing was paid where it does not say.
func purchaseOf(order, customer string, goods *googlemoney.Money) (p purchase, err error) {
	p = purchase{order: orderID(order), customer: customerID(customer)}
	if goods == nil {
		return p, nil
	}
	if p.goods, err = money.Parse(goods); err != nil {
		return p, fmt.Errorf("goods of %s: %w", order, err)
	}
	return p, nil
}

// The first delivery that is heard of has a row, with the return if that was heard of before.
const (
	insertPurchases = `insert into purchase (order_id, delivered) values`
	firstDelivery   = `
		on conflict (order_id) do update set delivered = excluded.delivered where purchase.delivered is null
		returning order_id, returned`
)

// noteDelivered are the statements that note purchases as delivered, each once, and in an order in which everybody locks them.
func noteDelivered(heard []purchase) []*sqldb.Stmt {
	times := map[string]time.Time{}
	for _, p := range heard {
		times[p.order] = p.at
	}
	rows := make([][]any, 0, len(times))
	for _, id := range slices.Sorted(maps.Keys(times)) {
		rows = append(rows, []any{id, times[id].UnixMicro()})
	}
	return sqldb.Values(insertPurchases, rows, firstDelivery)
}

// firstHeard are those purchases whose delivery had not been heard of, as they come, by what noteDelivered has returned.
func firstHeard(heard []purchase, noted []*sqldb.Rows) (fresh []purchase, err error) {
	returned := map[string]bool{}
	for _, rows := range noted {
		for rows.Next() {
			var id string
			var at *int64
			if err := rows.Scan(&id, &at); err != nil {
				return nil, err
			}
			returned[id] = at != nil
		}
	}
	for _, p := range heard {
		sentBack, first := returned[p.order]
		if !first {
			continue
		}
		p.returned = sentBack
		fresh = append(fresh, p)
		delete(returned, p.order) // which may be told of twice
	}
	return fresh, nil
}

func customersOf(purchases []purchase) []string {
	ids := make([]string, len(purchases))
	for i, p := range purchases {
		ids[i] = p.customer
	}
	return ids
}
