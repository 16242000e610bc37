package cases

import (
	"cmp"
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/localcopy"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func (s *Service) events() []inbox.Handler {
	handlers := []inbox.Handler{
		inbox.OnAll("case.customer-created", s.onCustomersCreated),
		inbox.OnAll("case.customers-imported", s.onCustomersImported),
		inbox.OnAll("case.customer-class-changed", s.onCustomerClassesChanged),
		inbox.OnTypes[promiseEvent]("case.promise-at-risk", s.onPromisesAtRisk, (*promisev1.PromiseAtRisk)(nil)),
		inbox.OnTypes[promiseEvent]("case.promise-due", s.onPromisesDue, (*promisev1.PromiseDue)(nil)),
		inbox.OnAll("case.remedy-required", s.onRemediesRequired),
		inbox.OnAll("case.shortage-answered", s.onShortagesAnswered),
	}
	return append(handlers, searchEvents()...)
}

// onCustomersCreated remembers that customers exist, so that cases need not ask.
func (s *Service) onCustomersCreated(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*customerv1.CustomerCreated]) error {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = e.Fact.GetCustomer()
	}
	s.knownCustomers().Keep(tx, names...)
	return nil
}

// onCustomersImported remembers that the customers exist, so that cases need not ask.
func (s *Service) onCustomersImported(_ context.Context, tx *sqldb.Tx, events []inbox.Of[*customerv1.CustomersImported]) error {
	var names []string
	for _, e := range events {
		names = append(names, e.Fact.GetCustomers()...)
	}
	s.knownCustomers().Keep(tx, names...)
	return nil
}

// customerClass is of which class a customer is.
type customerClass struct {
	customer, class string
	version         int64
}

// customerClasses are the classes of customers, as far as they have been told here.
var customerClasses = localcopy.Copy[customerClass]{
	Table: "customer_class", Columns: []string{"customer", "version", "class"}, Version: "version",
	Values: func(c customerClass) []any { return []any{c.customer, c.version, c.class} },
	Scan:   func(r *sqldb.Rows) (c customerClass, err error) { return c, r.Scan(&c.customer, &c.version, &c.class) },
}

const followClass = `
	update cases set version = cases.version + 1, customer_class = c.class
	from customer_class c
	where c.customer = cases.customer and cases.state <> 3 and cases.customer_class <> c.class and cases.customer in `

// onCustomerClassesChanged has cases that are not closed say of which class their customers are now.
func (s *Service) onCustomerClassesChanged(
	_ context.Context, tx *sqldb.Tx, events []inbox.Of[*customerv1.CustomerClassChanged],
) error {
	copies, names := make([]customerClass, len(events)), make([]string, len(events))
	for i, e := range events {
		copies[i] = customerClass{e.Fact.GetCustomer(), e.Fact.GetCustomerClass(), e.Version}
		names[i] = e.Fact.GetCustomer()
	}
	customerClasses.Keep(tx, copies...)
	list, args := sqldb.List(1, names)
	tx.Exec(followClass+list, args...)
	return nil
}

// Three quarters of the time have gone by without a reply, so whoever has the case may not be there: it becomes that of those
// who are at work. Only a case that waits under this very promise is escalated, once.
var escalate = `
	update cases set
		version = version + 1, escalated = true, queue = $3, agent = '',
		previous_assignee = case when agent = '' then queue else agent end
	where id = $1 and promise = $2 and state = 1 and escalated = false
	returning ` + columns

// onPromisesAtRisk escalates cases that nobody has replied to while little time is left. A note keeps who had it.
func (s *Service) onPromisesAtRisk(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[promiseEvent]) error {
	return s.onOurPromises(ctx, tx, events, func(p promiseEvent) *sqldb.Stmt {
		return sqldb.Q(escalate, resource.ID(p.GetAbout()), p.GetPromise(), dutyQueue)
	}, func(r *record) caseChange {
		return caseChange{record: r, entry: noteEntry(escalationNote(r), s.clock.Now()), events: []proto.Message{caseEscalated(r)}}
	})
}

var breakPromise = `
	update cases set version = version + 1, promise_state = 3, promise_version = version + 1
	where id = $1 and promise = $2 and promise_state = 1
	returning ` + columns

// onPromisesDue answers whether a reply came in time. One that did has said so itself; a case that still waits under this
// promise has broken it.
func (s *Service) onPromisesDue(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[promiseEvent]) error {
	return s.onOurPromises(ctx, tx, events, func(p promiseEvent) *sqldb.Stmt {
		return sqldb.Q(breakPromise, resource.ID(p.GetAbout()), p.GetPromise())
	}, func(r *record) caseChange {
		return caseChange{record: r, events: []proto.Message{promiseBrokenEvent(r)}}
	})
}

// promiseEvent is what the promise book says of a promise.
type promiseEvent interface {
	proto.Message
	GetPromise() string
	GetAbout() string
	GetService() string
}

// onOurPromises updates the cases that still wait under their promises, in the order in which other replicas lock them, and writes what
// comes with each change. Promises of other services, and cases that are answered already, are left alone.
func (s *Service) onOurPromises(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[promiseEvent],
	update func(promiseEvent) *sqldb.Stmt, changed func(*record) caseChange,
) error {
	own := slices.DeleteFunc(slices.Clone(events), func(e inbox.Of[promiseEvent]) bool { return e.Fact.GetService() != owner })
	slices.SortStableFunc(own, func(a, b inbox.Of[promiseEvent]) int { return cmp.Compare(a.Fact.GetAbout(), b.Fact.GetAbout()) })
	updates := make([]*sqldb.Stmt, len(own))
	for i, e := range own {
		updates[i] = update(e.Fact)
	}
	records, err := updateCases(tx, updates...)
	if err != nil {
		return err
	}
	var changes []caseChange
	for i, r := range records {
		if r != nil {
			c := changed(r)
			c.traceparent = event.Traceparent(own[i].Trace(ctx))
			changes = append(changes, c)
		}
	}
	return s.write(ctx, tx, changes...)
}

// onRemediesRequired has a person take care of promises that broke, once for each promise.
func (s *Service) onRemediesRequired(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[*promisev1.RemedyRequired]) error {
	var calls []call
	for _, e := range events {
		if remedy := e.Fact; wantsCase(remedy) {
			wanted := newAgentCase(brokenPromiseCase(remedy), remedy.GetOwner(), s.clock.Now())
			calls = append(calls, call{
				cause: remedy.GetPromise(), about: remedy.GetAbout(), wanted: wanted, traceparent: event.Traceparent(e.Trace(ctx)),
			})
		}
	}
	return s.callAgents(ctx, tx, calls)
}

// wantsCase tells whether a person is to take care of a broken promise.
func wantsCase(remedy *promisev1.RemedyRequired) bool {
	return slices.ContainsFunc(remedy.GetRemedies(), func(r *typepb.Remedy) bool { return r.GetType() == typepb.Remedy_CASE })
}

// onShortagesAnswered has a person call customers who did not say what to do about something that was missing, once for
// each shortage.
func (s *Service) onShortagesAnswered(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[*orderv1.ShortageAnswered]) error {
	var calls []call
	for _, e := range events {
		if answered := e.Fact; answered.GetDefaulted() {
			wanted := newAgentCase(unansweredShortageCase(answered), frontQueue, s.clock.Now())
			calls = append(calls, call{cause: answered.GetShortage(), wanted: wanted, traceparent: event.Traceparent(e.Trace(ctx))})
		}
	}
	return s.callAgents(ctx, tx, calls)
}
