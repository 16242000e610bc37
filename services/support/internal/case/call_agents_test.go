package cases

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/id"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func (b *fixture) owed(subject string) *promisev1.RemedyRequired {
	return &promisev1.RemedyRequired{
		Promise: "promises/" + id.New(), Customer: b.olena, Kind: "promiseKinds/delivery", Service: "order", About: subject,
		DueTime: timestamppb.New(start), Remedies: []*typepb.Remedy{{Type: typepb.Remedy_CASE}}, Owner: "queues/delivery",
	}
}

func (b *fixture) shortage(order string) *orderv1.ShortageAnswered {
	return &orderv1.ShortageAnswered{
		Shortage: order + "/shortages/" + id.New(), Order: order, Customer: b.olena, Product: "products/pot",
		Choice: orderv1.Shortage_WAIT, Defaulted: true, ExpectedDeliveryTime: timestamppb.New(start.Add(72 * time.Hour)),
	}
}

// about are the cases about something.
func (b *fixture) about(t *testing.T, about string) []*supportv1.Case {
	list, err := b.ListCases(agent(t), &supportv1.ListCasesRequest{Filter: `about = "` + about + `"`})
	require.NoError(t, err)
	return list.GetCases()
}

func TestABrokenPromiseCallsAPersonOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		owed := b.owed(order)
		b.hear(t, owed, owed)
		found := b.about(t, order)
		require.Len(t, found, 1)
		c := found[0]
		require.Equal(t, "BROKEN_PROMISE queues/delivery OPEN", c.GetKind().String()+" "+c.GetQueue()+" "+c.GetState().String())
		require.Equal(t, "true 0", text(c.GetAgentRequired())+" "+string('0'+rune(c.GetContactCount())), "the customer has not asked")
		contains(t, c.GetDescription(), order, "8 March 2026, 12:00 UTC")
		require.Equal(t, 4*time.Hour, c.GetReplyDueTime().AsTime().Sub(c.GetCreateTime().AsTime()))
		require.Len(t, said[*promisev1.PromiseMade](t, b, c.GetName()), 1)
		require.Len(t, said[*supportv1.CaseOpened](t, b, c.GetName()), 1)
		b.round(t)
		entries := b.entries(t, c.GetName())
		require.Len(t, entries, 1, "and nothing automatic replies")
		require.Equal(t, supportv1.CaseEntry_NOTE, entries[0].GetAuthor())

		b.reply(t, c.GetName())
		b.close(t, c.GetName())
		b.hear(t, owed)
		require.Len(t, b.about(t, order), 1, "not again when it is closed")
		b.hear(t, b.owed(order))
		require.Len(t, b.about(t, order), 2, "but for another promise")
	})
}

func TestWhereNobodyHasToTakeCareThereIsNoCase(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		owed, answered := b.owed(order), b.shortage(order)
		owed.Remedies, answered.Defaulted = []*typepb.Remedy{{Type: typepb.Remedy_APOLOGY}}, false
		b.hear(t, owed, answered)
		require.Empty(t, b.about(t, order))
	})
}

// TestWhatBreaksJoinsTheOpenCase: the customer asked before the promise broke, in whatever state the case is.
func TestWhatBreaksJoinsTheOpenCase(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		for _, replied := range []bool{false, true} {
			order := b.others.order(b.olena)
			c := b.ask(t, order)
			if replied {
				b.reply(t, c.GetName())
			}
			refund := b.owed(order + "/refunds/cancellation")
			refund.Kind = "promiseKinds/refund"
			b.hear(t, b.owed(order), refund, b.shortage(order))
			require.Len(t, b.about(t, order), 1)
			now := b.get(t, c.GetName())
			require.Equal(t, "OPEN QUESTION true", now.GetState().String()+" "+now.GetKind().String()+" "+text(now.GetAgentRequired()))
			require.EqualValues(t, 1, now.GetContactCount(), "the customer has not asked again")
			notes := by(supportv1.CaseEntry_NOTE, b.entries(t, c.GetName()))
			require.Len(t, notes, 3)
			contains(t, notes[0].GetBody(), "Delivery of "+order)
			contains(t, notes[1].GetBody(), "The money of "+order)
			contains(t, notes[2].GetBody(), "products/pot was missing")
			require.Equal(t, replied, now.GetPromise() != c.GetPromise(), "whoever had replied promises to look again")
			promises := map[bool]int{false: 1, true: 2}[replied]
			require.Len(t, said[*promisev1.PromiseMade](t, b, c.GetName()), promises)
			b.round(t)
			require.Empty(t, interims(t, b, c.GetName()))
		}
	})
}

func TestTheCustomerJoinsTheCaseOfABrokenPromise(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		b.hear(t, b.owed(order))
		c := b.ask(t, order)
		require.Equal(t, supportv1.Case_BROKEN_PROMISE, c.GetKind())
		require.EqualValues(t, 1, c.GetContactCount())
		require.Len(t, by(supportv1.CaseEntry_CUSTOMER, b.entries(t, c.GetName())), 1)
		b.round(t)
		require.Empty(t, interims(t, b, c.GetName()), "a person has to reply")
	})
}

// TestALateReplyThatCallsAPerson goes into the case that was not replied to, and into one of its own when that is closed.
func TestALateReplyThatCallsAPerson(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		owed := b.owed(c.GetName())
		owed.Kind, owed.Service, owed.Owner = replyKind, "support", "agents/ivan"
		b.hear(t, owed, owed)
		require.Len(t, by(supportv1.CaseEntry_NOTE, b.entries(t, c.GetName())), 1)
		require.True(t, b.get(t, c.GetName()).GetAgentRequired())
		require.EqualValues(t, 1, b.number(t, `select count(*) from cases`))

		b.reply(t, c.GetName())
		b.close(t, c.GetName())
		next := proto.CloneOf(owed)
		next.Promise = "promises/" + id.New()
		b.hear(t, next)
		other := b.about(t, c.GetName())
		require.Len(t, other, 1)
		require.Equal(t, "queues/front agents/ivan", other[0].GetQueue()+" "+other[0].GetAgent())
		require.Equal(t, supportv1.Case_CLOSED, b.get(t, c.GetName()).GetState())
	})
}

func TestASilentCustomerIsCalledOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		answered := b.shortage(order)
		b.hear(t, answered, answered)
		found := b.about(t, order)
		require.Len(t, found, 1)
		require.Equal(t, "CALL queues/front", found[0].GetKind().String()+" "+found[0].GetQueue())
		contains(t, found[0].GetDescription(), "products/pot", order, "keeps waiting", "11 March 2026")
		require.Len(t, by(supportv1.CaseEntry_NOTE, b.entries(t, found[0].GetName())), 1)
	})
}

func TestWordsForWhatTheDefaultWas(t *testing.T) {
	for choice, says := range map[orderv1.Shortage_Choice]string{
		orderv1.Shortage_CANCEL: "its price goes back", orderv1.Shortage_SUBSTITUTE: "The substitute comes",
		orderv1.Shortage_WAIT: "keeps waiting", orderv1.Shortage_CHOICE_UNSPECIFIED: "keeps waiting",
	} {
		contains(t, unansweredShortageCase(&orderv1.ShortageAnswered{Choice: choice}).GetDescription(), says)
	}
	for kind, says := range map[string]string{
		"promiseKinds/delivery": "Delivery of orders/1", "promiseKinds/refund": "The money of orders/1", replyKind: "A reply to orders/1",
		"promiseKinds/call-back": "A call back",
	} {
		c := brokenPromiseCase(&promisev1.RemedyRequired{
			Kind: kind, KindDisplayName: "A call back", About: "orders/1", DueTime: timestamppb.New(start),
		})
		contains(t, c.GetDescription(), says, "8 March 2026, 12:00 UTC", "A person takes care of it.")
		require.NotEmpty(t, c.GetTitle())
	}
}
