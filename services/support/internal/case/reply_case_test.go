package cases

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/event"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// due and atRisk are what the book says about a case's present promise.
func due(c *supportv1.Case) *promisev1.PromiseDue {
	return &promisev1.PromiseDue{
		Promise: c.GetPromise(), Customer: c.GetCustomer(), About: c.GetName(), Service: "support", DueTime: c.GetReplyDueTime(),
	}
}

func atRisk(c *supportv1.Case) *promisev1.PromiseAtRisk {
	return &promisev1.PromiseAtRisk{
		Promise: c.GetPromise(), Customer: c.GetCustomer(), About: c.GetName(), Service: "support", DueTime: c.GetReplyDueTime(),
	}
}

// answers are how often the service has said Kept and Broken about the promises of a case.
func answers(t *testing.T, b *fixture, name string) [2]int {
	return [2]int{len(said[*promisev1.PromiseKept](t, b, name)), len(said[*promisev1.PromiseBroken](t, b, name))}
}

func TestAReplyInTimeKeepsThePromise(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		b.hands.advance(24 * time.Hour) // to the very microsecond
		replied := b.reply(t, c.GetName())
		require.Equal(t, "REPLIED agents/anna", replied.GetState().String()+" "+replied.GetAgent())
		require.Equal(t, b.hands.Now(), replied.GetReplyTime().AsTime())
		kept := said[*promisev1.PromiseKept](t, b, c.GetName())
		require.Len(t, kept, 1)
		require.Equal(t, c.GetPromise(), kept[0].GetPromise())
		require.Equal(t, b.hands.Now(), kept[0].GetKeepTime().AsTime())
		told := said[*supportv1.CaseReplied](t, b, c.GetName())
		require.Len(t, told, 1)
		entry, err := b.GetCaseEntry(customer(t, b.olena), &supportv1.GetCaseEntryRequest{Name: told[0].GetEntry()})
		require.NoError(t, err)
		require.Equal(t, "It comes today. agents/anna AGENT",
			entry.GetBody()+" "+entry.GetActor().GetPrincipal()+" "+entry.GetAuthor().String())

		b.hear(t, due(c), due(c))
		b.hands.advance(time.Hour)
		b.reply(t, c.GetName())
		require.Equal(t, [2]int{1, 0}, answers(t, b, c.GetName()), "a second reply, and being asked, change nothing")
		require.EqualValues(t, promiseKept, b.number(t, `select promise_state from cases`))
		require.Equal(t, replied.GetReplyTime().AsTime(), b.get(t, c.GetName()).GetReplyTime().AsTime(), "when one first replied")
	})
}

func TestALateReplyBreaksThePromiseOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		first, second := b.ask(t, ""), b.ask(t, "")
		b.hands.advance(24*time.Hour + time.Microsecond)

		require.Equal(t, supportv1.Case_REPLIED, b.reply(t, first.GetName()).GetState())
		b.hear(t, due(first), due(first))
		require.Equal(t, [2]int{0, 1}, answers(t, b, first.GetName()), "the reply was told about first")

		b.hear(t, due(second), due(second))
		b.reply(t, second.GetName())
		b.reply(t, second.GetName())
		require.Equal(t, [2]int{0, 1}, answers(t, b, second.GetName()), "the end was told about first")
		broken := said[*promisev1.PromiseBroken](t, b, second.GetName())[0]
		require.Equal(t, "promiseKinds/reply "+second.GetPromise(), broken.GetKind()+" "+broken.GetPromise())
		require.Equal(t, second.GetReplyDueTime().AsTime(), broken.GetDueTime().AsTime())
	})
}

// TestAReplyInTimeThatIsWrittenDownLate: the book's question came first, but the fact is what counts.
func TestAReplyInTimeThatIsWrittenDownLate(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		b.hands.advance(23 * time.Hour)
		b.hear(t, due(c))
		require.Equal(t, [2]int{0, 1}, answers(t, b, c.GetName()))
		b.reply(t, c.GetName())
		b.reply(t, c.GetName())
		b.hear(t, due(c))
		require.Equal(t, [2]int{1, 1}, answers(t, b, c.GetName()), "Kept stands, and is said once")
	})
}

func TestOthersPromisesAreNotAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		foreign, risk, unknown := due(c), atRisk(c), due(c)
		foreign.Service, risk.Service = "order", "order"
		unknown.About = "cases/none"
		b.hear(t, foreign, risk, unknown)
		require.Equal(t, c.String(), b.get(t, c.GetName()).String())
		require.Equal(t, [2]int{}, answers(t, b, c.GetName()))
	})
}

// TestAskingAgainAfterAReply gives the case another promise; what comes in about the old one does nothing to it.
func TestAskingAgainAfterAReply(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		c := b.ask(t, order)
		b.hands.advance(20 * time.Hour)
		b.hear(t, atRisk(c))
		b.reply(t, c.GetName())
		b.hands.advance(time.Hour)
		again := b.contact(t, c.GetName(), "And now?")
		require.Equal(t, "OPEN false true", again.GetState().String()+" "+text(again.GetEscalated())+" "+text(again.GetAgentRequired()))
		require.NotEqual(t, c.GetPromise(), again.GetPromise())
		require.Equal(t, b.hands.Now().Add(24*time.Hour), again.GetReplyDueTime().AsTime())
		require.Equal(t, "agents/anna", again.GetAgent(), "who knows the matter keeps it")
		require.Len(t, said[*promisev1.PromiseMade](t, b, c.GetName()), 2)

		b.hear(t, atRisk(c), due(c))
		require.Equal(t, again.String(), b.get(t, c.GetName()).String(), "the old promise has had its answer")
		require.Equal(t, again.GetPromise(), b.ask(t, order).GetPromise(), "a case that waits keeps its promise")

		b.hands.advance(48 * time.Hour)
		b.hear(t, atRisk(again), due(again))
		require.True(t, b.get(t, c.GetName()).GetEscalated())
		require.Equal(t, [2]int{1, 1}, answers(t, b, c.GetName()))
	})
}

func text(b bool) string { return map[bool]string{true: "true", false: "false"}[b] }

func TestTwentyReplyAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if i%2 == 0 {
					_, _ = b.ReplyCase(agent(t), &supportv1.ReplyCaseRequest{Name: c.GetName(), Body: "It comes today."})
					return
				}
				_, _ = b.ContactCase(agent(t), &supportv1.ContactCaseRequest{Name: c.GetName(), Body: "And now?"})
			})
		}
		all.Wait()
		now := b.get(t, c.GetName())
		require.EqualValues(t, 11, now.GetContactCount())
		require.Len(t, by(supportv1.CaseEntry_CUSTOMER, b.entries(t, c.GetName())), 11)
		require.Len(t, by(supportv1.CaseEntry_AGENT, b.entries(t, c.GetName())), 10)
		made, kept := said[*promisev1.PromiseMade](t, b, c.GetName()), said[*promisev1.PromiseKept](t, b, c.GetName())
		waits := map[supportv1.Case_State]int{supportv1.Case_OPEN: 1}[now.GetState()]
		require.Equal(t, len(made)-waits, len(kept), "each promise is answered once, but for the one that the case waits under")
	})
}

func TestReplyRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		req := &supportv1.ReplyCaseRequest{Name: "cases/none", Body: "Hello"}
		_, err := b.ReplyCase(agent(t), req)
		refused(t, err, codes.NotFound, "NOT_FOUND")
		c := b.ask(t, "")
		b.reply(t, c.GetName())
		b.close(t, c.GetName())
		req.Name = c.GetName()
		_, err = b.ReplyCase(agent(t), req)
		refused(t, err, codes.FailedPrecondition, "CASE_CLOSED")
	})
}

// TestTheSameEventsInOneBatch: what comes twice in one breath, and as two events of the same content, has effect once.
func TestTheSameEventsInOneBatch(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		risk, end := b.event(t, atRisk(c)), b.event(t, due(c))
		b.hearEvents(t, end, risk, end, b.event(t, due(c)), risk, b.event(t, atRisk(c)))
		b.hearEvents(t, []event.Event{risk, end}...)
		require.Equal(t, [2]int{0, 1}, answers(t, b, c.GetName()))
		require.Len(t, said[*supportv1.CaseEscalated](t, b, c.GetName()), 1)
	})
}
