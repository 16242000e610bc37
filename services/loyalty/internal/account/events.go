package account

import (
	"context"
	"slices"
	"strings"

	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/inbox"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func (s *Service) events() []inbox.Handler {
	return []inbox.Handler{
		inbox.OnAll("account.customer-created", s.onCustomersCreated),
		inbox.OnAll("account.customers-imported", s.onCustomersImported),
		inbox.OnAll("account.order-delivered", s.onOrdersDelivered),
		inbox.OnAll("account.order-returned", s.onOrdersReturned),
		inbox.OnAll("account.remedy-required", s.onRemediesRequired),
		// Each of these has many orders in it already.
		inbox.On("account.orders-imported", s.onOrdersImported),
		inbox.On("account.imported-orders-removed", s.onImportedOrdersRemoved),
	}
}

// onCustomersCreated opens the customers' accounts in the main programme.
func (s *Service) onCustomersCreated(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*customerv1.CustomerCreated]) error {
	customers := make([]string, len(events))
	for i, e := range events {
		customers[i] = e.Fact.GetCustomer()
	}
	s.openMain(tx, customers...)
	return nil
}

// onCustomersImported opens the customers' accounts in the main programme.
func (s *Service) onCustomersImported(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*customerv1.CustomersImported]) error {
	var customers []string
	for _, e := range events {
		customers = append(customers, e.Fact.GetCustomers()...)
	}
	s.openMain(tx, customers...)
	return nil
}

func (s *Service) openMain(tx *sqldb.Tx, customers ...string) {
	holders := make([]holder, len(customers))
	for i, customer := range customers {
		holders[i] = holder{mainProgram, customerID(customer)}
	}
	open(tx, s.clock.Now(), holders...)
}

// onOrdersDelivered credits what orders earn.
func (s *Service) onOrdersDelivered(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[*orderv1.OrderDelivered]) error {
	purchases := make([]purchase, len(events))
	for i, e := range events {
		var err error
		if purchases[i], err = purchaseOf(e.Fact.GetOrder(), e.Fact.GetCustomer(), e.Fact.GetGoodsAmount()); err != nil {
			return err
		}
		purchases[i].at, purchases[i].traceparent = e.Time, event.Traceparent(e.Trace(ctx))
	}
	return s.earn(ctx, tx, purchases...)
}

const (
	insertReturns = `insert into purchase (order_id, returned) values`
	firstReturn   = `
		on conflict (order_id) do update set returned = excluded.returned where purchase.returned is null
		returning order_id`
)

// onOrdersReturned takes back what orders earned, whatever a programme counts by now. Of an order whose delivery has not been heard of
// yet, it is noted; its earnings are taken back with the entry that makes them.
func (s *Service) onOrdersReturned(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[*orderv1.OrderReturned]) error {
	customers, traces := make([]string, len(events)), map[string]string{}
	var rows [][]any
	for i, e := range events {
		customers[i] = e.Fact.GetCustomer()
		order := orderID(e.Fact.GetOrder())
		if _, twice := traces[order]; !twice {
			rows = append(rows, []any{order, e.Time.UnixMicro()})
		}
		traces[order] = event.Traceparent(e.Trace(ctx))
	}
	s.openMain(tx, customers...)
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) }) // as everybody locks them
	notes := sqldb.Values(insertReturns, rows, firstReturn)
	queries := notes
	for _, row := range rows {
		queries = append(queries, earnedSoFar(row[0].(string)))
	}
	results, err := tx.Batch(queries...)
	if err != nil {
		return err
	}
	first, err := scanAllTexts(results[:len(notes)])
	if err != nil {
		return err
	}
	var entries []entry
	for i, row := range rows {
		order := row[0].(string)
		earnings, err := sqldb.All(results[len(notes)+i], scanEarned)
		if err != nil {
			return err
		}
		if slices.Contains(first, order) {
			entries = append(entries, s.reversals(order, traces[order], earnings)...)
		}
	}
	_, err = s.post(ctx, tx, entries...)
	return err
}

func scanAllTexts(results []*sqldb.Rows) (all []string, err error) {
	for _, rows := range results {
		texts, err := sqldb.All(rows, func(r *sqldb.Rows) (text string, err error) { return text, r.Scan(&text) })
		if err != nil {
			return nil, err
		}
		all = append(all, texts...)
	}
	return all, nil
}

func scanEarned(r *sqldb.Rows) (e entry, err error) {
	return e, r.Scan(&e.program, &e.customer, &e.points)
}

// reversals take back what an order earned.
func (s *Service) reversals(order, traceparent string, earnings []entry) []entry {
	entries := make([]entry, len(earnings))
	for i, e := range earnings {
		entries[i] = entry{
			id: id.New(), holder: e.holder, kind: loyaltyv1.Posting_REVERSAL, reference: "return/" + order,
			about: orderCollection + order, reason: "The order was returned", points: -e.points, at: s.clock.Now(), traceparent: traceparent,
		}
	}
	return entries
}

// onRemediesRequired gives the points that are owed for broken promises, once for each promise.
func (s *Service) onRemediesRequired(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[*promisev1.RemedyRequired]) error {
	customers, gifts := make([]string, len(events)), map[string]entry{}
	for i, e := range events {
		customers[i] = e.Fact.GetCustomer()
		gift := s.goodwillFor(e.Fact, event.Traceparent(e.Trace(ctx)))
		if gift.points > 0 {
			gifts[gift.reference] = gift // which may be told of twice
		}
	}
	s.openMain(tx, customers...)
	if len(gifts) == 0 {
		return nil
	}
	references := make([]string, 0, len(gifts))
	for reference := range gifts {
		references = append(references, reference)
	}
	slices.Sort(references)
	list, args := sqldb.List(2, references)
	given, err := tx.Query(`select reference from entry where program = $1 and reference in `+list, append([]any{mainProgram}, args...)...)
	if err != nil {
		return err
	}
	had, err := scanAllTexts([]*sqldb.Rows{given})
	if err != nil {
		return err
	}
	var entries []entry
	for _, reference := range references {
		if !slices.Contains(had, reference) {
			entries = append(entries, gifts[reference])
		}
	}
	_, err = s.post(ctx, tx, entries...)
	return err
}

// goodwillFor is the entry of the points that are owed for a broken promise; of none, where none are owed.
func (s *Service) goodwillFor(owed *promisev1.RemedyRequired, traceparent string) entry {
	gift := entry{
		id: id.New(), holder: holder{mainProgram, customerID(owed.GetCustomer())}, kind: loyaltyv1.Posting_GOODWILL,
		reference: "promise/" + strings.TrimPrefix(owed.GetPromise(), "promises/"), about: owed.GetAbout(),
		reason: "A promise was broken", at: s.clock.Now(), traceparent: traceparent,
	}
	for _, r := range owed.GetRemedies() {
		if r.GetType() == typepb.Remedy_GOODWILL_POINTS {
			gift.points += r.GetPoints()
		}
	}
	return gift
}

// onOrdersImported credits what orders of an earlier time earn: the same as if each had just been delivered, by the rates of
// today. One that was cancelled or given back earns nothing; of one that has been told of before, what it has earned so far is brought to
// what it earns now. Either all of them are entered or none, so one whose points can't be counted puts the others aside with it.
func (s *Service) onOrdersImported(
	ctx context.Context, tx *sqldb.Tx, e event.Event, imported *orderv1.OrdersImported,
) error {
	var fresh, changed []purchase
	for _, o := range imported.GetOrders() {
		goods := o.GetGoodsAmount()
		if o.GetState() == orderv1.Order_CANCELLED || o.GetState() == orderv1.Order_RETURNED {
			goods = nil
		}
		p, err := purchaseOf(o.GetOrder(), o.GetCustomer(), goods)
		if err != nil {
			return err
		}
		if o.GetVersion() > 1 {
			changed = append(changed, p)
		} else {
			fresh = append(fresh, p)
		}
	}
	if err := s.earnImported(ctx, tx, e, fresh); err != nil {
		return err
	}
	return s.changeImported(ctx, tx, e, changed, 0)
}

// onImportedOrdersRemoved takes back what orders have earned that an import had brought.
func (s *Service) onImportedOrdersRemoved(
	ctx context.Context, tx *sqldb.Tx, e event.Event, removed *orderv1.ImportedOrdersRemoved,
) error {
	purchases := make([]purchase, len(removed.GetOrders()))
	for i, o := range removed.GetOrders() {
		purchases[i] = purchase{order: orderID(o.GetOrder()), customer: customerID(o.GetCustomer())}
	}
	return s.changeImported(ctx, tx, e, purchases, 1)
}
