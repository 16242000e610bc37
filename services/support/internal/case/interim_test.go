package cases

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

func interims(t *testing.T, b *fixture, name string) []*supportv1.CaseEntry {
	return by(supportv1.CaseEntry_SYSTEM, b.entries(t, name))
}

func TestAnInterimReplyStatesTheOrdersFacts(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		c := b.ask(t, order)
		b.round(t)
		b.round(t)

		replies := interims(t, b, c.GetName())
		require.Len(t, replies, 1)
		reply := replies[0]
		require.True(t, reply.GetInterim())
		require.Equal(t, order+" PLACED OPEN SHIP", reply.GetOrderSnapshot().GetOrder()+" "+reply.GetOrderSnapshot().GetState()+" "+
			reply.GetOrderSnapshot().GetPromiseState()+" "+reply.GetOrderSnapshot().GetNextStep())
		contains(t, reply.GetBody(), "interim", order, "9 March 2026, 12:00 UTC")

		given := said[*supportv1.InterimReplyGiven](t, b, c.GetName())
		require.Len(t, given, 1)
		require.Equal(t, reply.GetName(), given[0].GetEntry())
		require.True(t, proto.Equal(reply.GetOrderSnapshot(), given[0].GetOrderSnapshot()))
		require.Equal(t, c.GetReplyDueTime().AsTime(), given[0].GetReplyDueTime().AsTime())

		after := b.get(t, c.GetName())
		after.Etag = c.GetEtag()
		require.Equal(t, c.String(), after.String(), "the case waits for a person as before")
		require.Empty(t, said[*promisev1.PromiseKept](t, b, c.GetName()))
		b.hear(t, due(c))
		require.Len(t, said[*promisev1.PromiseBroken](t, b, c.GetName()), 1, "an interim reply keeps no promise")
	})
}

func TestThereIsNoInterimReply(t *testing.T) {
	befores := map[string]func(t *testing.T, b *fixture, c *supportv1.Case){
		"to a second contact":    func(t *testing.T, b *fixture, c *supportv1.Case) { b.contact(t, c.GetName(), "And now?") },
		"after a person's reply": func(t *testing.T, b *fixture, c *supportv1.Case) { b.reply(t, c.GetName()) },
		"after a second contact": func(t *testing.T, b *fixture, c *supportv1.Case) {
			b.reply(t, c.GetName())
			b.contact(t, c.GetName(), "?")
		},
		"when the time is over":   func(_ *testing.T, b *fixture, _ *supportv1.Case) { b.hands.advance(24 * time.Hour) },
		"to what is asked anew":   func(t *testing.T, b *fixture, c *supportv1.Case) { b.ask(t, c.GetAbout()) },
		"when somebody closed it": func(t *testing.T, b *fixture, c *supportv1.Case) { b.reply(t, c.GetName()); b.close(t, c.GetName()) },
	}
	onBoth(t, func(t *testing.T, b *fixture) {
		for name, before := range befores {
			early := b.ask(t, b.others.order(b.olena))
			before(t, b, early)
			b.round(t)
			require.Empty(t, interims(t, b, early.GetName()), name+", before the order service was asked")

			meanwhile := b.ask(t, b.others.order(b.olena))
			b.others.whenAsked(func(context.Context) { b.others.whenAsked(nil); before(t, b, meanwhile) })
			b.round(t)
			require.Empty(t, interims(t, b, meanwhile.GetName()), name+", while the order service was asked")
			require.Empty(t, said[*supportv1.InterimReplyGiven](t, b, meanwhile.GetName()))
			require.Zero(t, b.number(t, `select count(*) from timer`))
		}
	})
}

func TestACaseAboutNoOrderHasNoInterimReply(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.ask(t, "")
		b.ask(t, "products/pot")
		require.Zero(t, b.number(t, `select count(*) from timer`))
	})
}

// TestNobodyGetsAnothersFacts: the case was taken in while the order service was away, and the order is another's.
func TestNobodyGetsAnothersFacts(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		foreign := b.others.order("customers/ivan")
		b.others.goAway(true)
		c := b.ask(t, foreign)
		unknown := b.ask(t, "orders/none")
		b.others.goAway(false)
		b.round(t)
		for _, name := range []string{c.GetName(), unknown.GetName()} {
			require.Empty(t, interims(t, b, name))
			require.Empty(t, said[*supportv1.InterimReplyGiven](t, b, name))
			notes := by(supportv1.CaseEntry_NOTE, b.entries(t, name))
			require.Len(t, notes, 1, "employees know why")
			contains(t, notes[0].GetBody(), "not an order of this customer")
			require.Equal(t, supportv1.Case_OPEN, b.get(t, name).GetState(), "and somebody replies all the same")
		}
		require.Zero(t, b.number(t, `select count(*) from timer`))
	})
}
