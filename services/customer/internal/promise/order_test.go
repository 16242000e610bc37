package promise

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	"kept.dev/kit/resource"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// What can happen to a promise, besides that a fact comes a second time.
const (
	made     = "made"
	kept     = "kept"
	broken   = "broken"
	released = "released"
	again    = "the same event again"
	risk     = "time of risk"
	dueTime  = "due time"
	together = "what came so far comes in one batch"
)

// model is what the book should know of one promise, in the plainest words.
type model struct {
	made     bool
	state    customerv1.Promise_State
	reached  customerv1.Promise_State // how far time has come: OPEN, AT_RISK or DUE
	remedies int
	warned   int
	asked    int
}

func (m *model) answered() bool { return m.state >= customerv1.Promise_KEPT }

func (m *model) hear(fact string) {
	switch {
	case fact == made:
		m.made = true
		m.state = max(m.state, customerv1.Promise_OPEN)
	case fact == kept:
		m.state = customerv1.Promise_KEPT
	case m.answered():
	case fact == broken:
		m.state = customerv1.Promise_BROKEN
		m.remedies++
	case fact == released:
		m.state = customerv1.Promise_RELEASED
	}
}

// pass lets time have its effect.
func (m *model) pass(reached customerv1.Promise_State) {
	m.reached = max(m.reached, reached)
	if !m.made || m.answered() {
		return
	}
	if m.state < customerv1.Promise_AT_RISK && m.reached >= customerv1.Promise_AT_RISK {
		m.state = customerv1.Promise_AT_RISK
		m.warned++
	}
	if m.state < customerv1.Promise_DUE && m.reached >= customerv1.Promise_DUE {
		m.state = customerv1.Promise_DUE
		m.asked++
	}
}

// life is one promise in the book, beside its model.
type life struct {
	*book
	t       *testing.T
	promise string
	due     time.Time
	heard   []event.Event // all so far
	waiting []event.Event // not handed over yet
	model   model
}

func (l *life) fact(kind string) proto.Message {
	const customer, subject = "customers/olena", "orders/1"
	switch kind {
	case made:
		return &promisev1.PromiseMade{
			Promise: l.promise, Customer: customer, Kind: delivery, Service: "order", About: subject,
			DueTime: timestamppb.New(l.due),
		}
	case kept:
		return &promisev1.PromiseKept{Promise: l.promise, Customer: customer, About: subject, KeepTime: timestamppb.New(l.due)}
	case broken:
		return &promisev1.PromiseBroken{
			Promise: l.promise, Customer: customer, About: subject, DueTime: timestamppb.New(l.due), Cause: promisev1.PromiseBreachCause_NOT_SHIPPED,
		}
	default:
		return &promisev1.PromiseReleased{Promise: l.promise, Customer: customer, About: subject}
	}
}

func (l *life) handOver() {
	l.hears(l.t, l.waiting...)
	l.waiting = nil
}

func (l *life) step(r *rapid.T, step string) {
	switch step {
	case together:
		l.handOver()
	case again:
		if len(l.heard) > 0 {
			l.waiting = append(l.waiting, rapid.SampledFrom(l.heard).Draw(r, "which"))
		}
	case risk:
		l.handOver()
		l.reaches(l.t, l.due.Add(-time.Hour))
		l.model.pass(customerv1.Promise_AT_RISK)
	case dueTime:
		l.handOver()
		l.reaches(l.t, l.due)
		l.model.pass(customerv1.Promise_DUE)
	default:
		e := l.says(l.t, "order", l.promise, l.fact(step))
		l.heard, l.waiting = append(l.heard, e), append(l.waiting, e)
		l.model.hear(step)
	}
}

// TestFactsComeInAnyOrder lets everything that can be said of a promise come in any order, as often as it likes, alone and
// in batches: the book ends as the model does, and what it owes for a broken promise is said once.
func TestFactsComeInAnyOrder(t *testing.T) {
	steps := []string{made, kept, broken, released, again, risk, dueTime, together}
	onBoth(t, func(t *testing.T, b *book) {
		rapid.Check(t, func(r *rapid.T) {
			l := &life{book: b, t: t, promise: newPromise(), due: b.moved.Now().Add(24 * time.Hour)}
			l.model.reached = customerv1.Promise_OPEN
			for _, step := range rapid.SliceOfN(rapid.SampledFrom(steps), 1, 10).Draw(r, "steps") {
				l.step(r, step)
			}
			l.handOver()
			l.reaches(t, b.moved.Now())
			l.model.pass(l.model.reached)
			l.compare(r)
		})
	})
}

func (l *life) compare(r *rapid.T) {
	require.Len(r, said[*promisev1.RemedyRequired](l.t, l.book, l.promise), l.model.remedies, "remedies")
	require.Len(r, said[*promisev1.PromiseAtRisk](l.t, l.book, l.promise), l.model.warned, "warnings")
	require.Len(r, said[*promisev1.PromiseDue](l.t, l.book, l.promise), l.model.asked, "questions")
	p, err := l.GetPromise(access.With(l.t.Context(), access.Service("order")), &customerv1.GetPromiseRequest{Name: l.promise})
	if !l.model.made {
		require.Equal(r, codes.NotFound, errs.KindOf(err), "nobody sees a promise that was not made")
		state := kittest.Number(l.t, l.db, `select coalesce(max(state), 0) from promise where id = $1`, resource.ID(l.promise))
		require.EqualValues(r, l.model.state, state)
		return
	}
	require.NoError(r, err)
	require.Equal(r, l.model.state, p.GetState())
	require.Equal(r, l.model.answered(), p.GetResolveTime() != nil)
	require.Equal(r, l.model.state == customerv1.Promise_BROKEN, p.GetBreachCause() == promisev1.PromiseBreachCause_NOT_SHIPPED)
}
