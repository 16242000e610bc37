package promise

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/outbox"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	"kept.dev/services/customer/internal/promisekind"
)

// events are what owners say of their promises. They are in a consumer of their own: nothing that others do about the same events,
// or wait for, holds up the book.
func (s *Service) events() []inbox.Handler {
	return inbox.In("promise",
		inbox.OnAll("promise.made", s.onPromisesMade),
		inbox.OnTypes[resolution]("promise.resolved", s.onPromisesResolved,
			(*promisev1.PromiseKept)(nil), (*promisev1.PromiseBroken)(nil), (*promisev1.PromiseReleased)(nil)))
}

// onPromisesMade enters promises in the book and starts to watch them. A promise's answer may have come before it; the timer is
// set all the same and finds nothing to do, so that a hundred promises are entered in one round trip. Those of the book's own are in
// it already.
func (s *Service) onPromisesMade(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[*promisev1.PromiseMade]) error {
	var kinds map[string]*customerv1.PromiseKind
	var entries []entry
	var watches []timer.Setting
	for _, e := range events {
		s.count(ctx, tx, e.Fact.GetKind(), "MADE")
		if e.Fact.GetService() == owner {
			continue
		}
		if e.Fact.GetWarningTime() == nil && kinds == nil {
			var err error
			if kinds, err = promisekind.Read(tx); err != nil {
				return err
			}
		}
		risk := atRiskTime(e.Fact, kinds[e.Fact.GetKind()])
		entries = append(entries, entry{made: e.Fact, at: e.Time, atRisk: risk})
		watches = append(watches, atRisk.At(e.Trace(ctx), resource.ID(e.Fact.GetPromise()), risk, nil))
	}
	timer.SetAll(tx, watches...)
	return enter(tx, entries)
}

// resolution is a fact that ends a promise.
type resolution interface {
	proto.Message
	GetPromise() string
	GetCustomer() string
	GetAbout() string
	GetKind() string
}

// onPromisesResolved notes how promises have ended, and says what is owed for those that were broken.
//
// Kept wins over Broken: the owner says it by the time of the fact, and the fact may have been told to it late. What is owed is
// said once: a promise becomes BROKEN only while it has no answer, and a broken one leaves that state for KEPT alone, from which
// nothing leads back. So the row that turned BROKEN just now is the only one to say it, whichever facts came before or come
// after, and how often.
func (s *Service) onPromisesResolved(ctx context.Context, tx *sqldb.Tx, events []inbox.Of[resolution]) error {
	answers := make([]answer, len(events))
	for i, e := range events {
		answers[i] = answerOf(e, event.Traceparent(e.Trace(ctx)))
		s.count(ctx, tx, answers[i].fact.GetKind(), answers[i].state.String())
	}
	for _, round := range rounds(answers) {
		if _, err := s.resolve(ctx, tx, round); err != nil {
			return err
		}
	}
	return nil
}

// resolve writes down answers of different promises, says what is owed for those that have turned BROKEN by it, and returns the
// ids of those whose answer stands now and did not before.
func (s *Service) resolve(ctx context.Context, tx *sqldb.Tx, answers []answer) (turned map[string]bool, err error) {
	stopWatching(tx, answers)
	if turned, err = writeAnswers(tx, answers); err != nil {
		return nil, err
	}
	var broken []answer
	for _, a := range answers {
		if a.state == customerv1.Promise_BROKEN && turned[a.id()] {
			broken = append(broken, a)
		}
	}
	return turned, s.sayRemedies(ctx, tx, broken)
}

// sayRemedies says what is owed for promises that have turned BROKEN.
func (s *Service) sayRemedies(ctx context.Context, tx *sqldb.Tx, broken []answer) error {
	if len(broken) == 0 {
		return nil
	}
	kinds, err := promisekind.Read(tx)
	if err != nil {
		return err
	}
	classes, err := classesOf(tx, broken)
	if err != nil {
		return err
	}
	said := make([]outbox.Record, len(broken))
	for i, a := range broken {
		fact := a.fact.(*promisev1.PromiseBroken)
		said[i] = outbox.Record{
			Subject: fact.GetPromise(), Version: versionRemedy, Fact: remedyOf(fact, a.source, kinds[fact.GetKind()], classes[fact.GetCustomer()]),
			Traceparent: a.traceparent,
		}
	}
	return s.outbox.AppendAll(ctx, tx, said)
}

// classesOf are the classes of those to whom the promises were made, by their names.
func classesOf(tx *sqldb.Tx, broken []answer) (map[string]string, error) {
	ids := make([]string, len(broken))
	for i, a := range broken {
		ids[i] = resource.ID(a.fact.GetCustomer())
	}
	list, args := sqldb.List(1, ids)
	rows, err := tx.Query(`select 'customers/' || id, customer_class from customer where customer_class is not null and id in `+list, args...)
	if err != nil {
		return nil, err
	}
	classes := map[string]string{}
	for rows.Next() {
		var customer, class string
		if err := rows.Scan(&customer, &class); err != nil {
			return nil, err
		}
		classes[customer] = class
	}
	return classes, nil
}

// answer is what an owner says of its promise in the end.
type answer struct {
	fact                resolution
	state               customerv1.Promise_State
	at                  time.Time
	source, traceparent string
}

func (a answer) id() string { return resource.ID(a.fact.GetPromise()) }

// cause is why a promise was broken.
func (a answer) cause() promisev1.PromiseBreachCause {
	if broken, ok := a.fact.(*promisev1.PromiseBroken); ok {
		return broken.GetCause()
	}
	return promisev1.PromiseBreachCause_PROMISE_BREACH_CAUSE_UNSPECIFIED
}

func answerOf(e inbox.Of[resolution], traceparent string) answer {
	a := answer{fact: e.Fact, at: e.Time, source: e.Source, traceparent: traceparent}
	switch fact := e.Fact.(type) {
	case *promisev1.PromiseKept:
		a.state, a.at = customerv1.Promise_KEPT, fact.GetKeepTime().AsTime()
	case *promisev1.PromiseBroken:
		a.state = customerv1.Promise_BROKEN
	case *promisev1.PromiseReleased:
		a.state = customerv1.Promise_RELEASED
	}
	return a
}

// rounds divides answers so that no promise is twice in a round, and has its answers in the order in which they came. Nearly
// always there is one round. Each is sorted, as other replicas sort theirs.
func rounds(answers []answer) (rounds [][]answer) {
	seen := map[string]int{}
	for _, a := range answers {
		n := seen[a.id()]
		if seen[a.id()]++; n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], a)
	}
	for _, round := range rounds {
		slices.SortFunc(round, func(x, y answer) int { return cmp.Compare(x.id(), y.id()) })
	}
	return rounds
}

// stopWatching takes back the timers of promises that have their answer.
func stopWatching(tx *sqldb.Tx, answers []answer) {
	ids := make([]string, len(answers))
	for i, a := range answers {
		ids[i] = a.id()
	}
	timer.CancelAll(tx, ids, atRisk, due, unanswered)
}

// count counts a fact when it is in the book: what is rolled back comes again.
func (s *Service) count(ctx context.Context, tx *sqldb.Tx, kind, state string) {
	tx.AfterCommit(func() {
		s.facts.Add(ctx, 1, metric.WithAttributes(attribute.String("kind", resource.ID(kind)), attribute.String("state", state)))
	})
}
