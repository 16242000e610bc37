package insight

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
)

// purchase is what a fact says of an order.
type purchase struct {
	order, customer string // names
	paid            money.Amount
	at              time.Time
	units           int64
	// Of an order that was imported: whether it is no sale, and when that was said.
	noSale bool
	said   time.Time
}

// news is how far a fact goes.
type news int

const (
	ordered  news = iota // what was ordered; counts where nothing else is known
	settled              // what came, for good
	void                 // nothing is left of it
	imported             // what was bought at an earlier time, as far as imports have said by now
)

const insertPurchases = `
	insert into purchase (order_id, customer, currency, time, units, amount, settled, void, imported)
	values`

// What a fact changes where another has been here first. Whichever comes first, the end is the same: what is settled stays
// settled, what is void stays void.
const (
	amounts = `
	on conflict (order_id) do update set
		currency = excluded.currency, time = excluded.time, units = excluded.units, amount = excluded.amount`
	ifPlaced  = amounts + ` where purchase.settled = false`
	ifSettled = amounts + `, settled = true`
	ifVoid    = ` on conflict (order_id) do update set void = true, imported = excluded.imported`
	ifSaid    = amounts + `, settled = true, void = excluded.void, customer = excluded.customer, imported = excluded.imported
	where purchase.imported <= excluded.imported`
)

// note writes what is known of orders now and counts it with their buyers, by a number of statements that hardly grows with the
// orders. Orders of nobody are of no interest.
func note(tx *sqldb.Tx, n news, purchases ...purchase) {
	purchases = eachOnce(purchases)
	rows := make([][]any, len(purchases))
	for i, p := range purchases {
		rows[i] = p.row(n)
	}
	tx.ExecValues(insertPurchases, rows, [...]string{ordered: ifPlaced, settled: ifSettled, void: ifVoid, imported: ifSaid}[n])
	count(tx, purchases)
}

// eachOnce are the purchases of customers, each order once, as was said of it last, in the order of their ids: who writes some of the same orders waits, and
// does not deadlock. One statement can't write an order twice.
func eachOnce(purchases []purchase) []purchase {
	mine := slices.DeleteFunc(slices.Clone(purchases), func(p purchase) bool { return p.customer == "" })
	slices.SortStableFunc(mine, func(a, b purchase) int { return cmp.Or(strings.Compare(a.order, b.order), b.said.Compare(a.said)) })
	return slices.CompactFunc(mine, func(a, b purchase) bool { return a.order == b.order })
}

// forGood is later than any import.
const forGood = int64(math.MaxInt64)

func (p purchase) row(n news) []any {
	order, customer := strings.TrimPrefix(p.order, orders), strings.TrimPrefix(p.customer, customers)
	if n == void {
		return []any{order, customer, nil, nil, nil, nil, false, true, forGood}
	}
	said := int64(0)
	if n == imported {
		said = p.said.UnixMicro()
	}
	return []any{
		order, customer, p.paid.Currency, p.at.UnixMicro(), p.units, p.paid.Minor, n != ordered, p.noSale, said,
	}
}
