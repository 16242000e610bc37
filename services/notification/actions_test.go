package notification

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// asked is Olena, who has been asked about a shortage. It returns the links by choice.
func (b *fixture) asked() map[string]string {
	b.t.Helper()
	b.meet(olena, "uk", "olena@example.org")
	b.told(b.shortage())
	return linksOf(b.only(b.customer(olena)))
}

func linksOf(m *notificationv1.Message) map[string]string {
	links := map[string]string{}
	for _, o := range m.GetOptions() {
		links[o.GetChoice()] = o.GetAction()
	}
	return links
}

func (b *fixture) look(ctx context.Context, link string) *notificationv1.Action {
	b.t.Helper()
	a, err := b.actions().GetAction(ctx, &notificationv1.GetActionRequest{Name: link})
	require.NoError(b.t, err)
	return a
}

func (b *fixture) press(ctx context.Context, link string, opts ...grpc.CallOption) (*notificationv1.Action, error) {
	return b.actions().TakeAction(ctx, &notificationv1.TakeActionRequest{Name: link}, opts...)
}

func (b *fixture) refused(reason string, ctx context.Context, link string) {
	b.t.Helper()
	_, err := b.press(ctx, link)
	require.Equal(b.t, reason, errs.ReasonOf(err), "%v", err)
}

func TestPressOne(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		links := b.asked()
		for range 3 {
			shown := b.look(t.Context(), links["WAIT"])
			require.Equal(t, notificationv1.Action_AVAILABLE, shown.GetState())
			require.Equal(t, "WAIT orders/0190 uk", shown.GetChoice()+" "+shown.GetAbout()+" "+shown.GetLanguageCode())
			require.Contains(t, shown.GetLabel(), "Зачекати до")
			require.Equal(t, "У замовленні дечого бракує. Як нам вчинити?", shown.GetTitle())
			require.Empty(t, shown.GetConfirmation())
			require.Nil(t, shown.GetTakeTime())
		}
		require.Zero(t, b.orders.asked, "looking does nothing")

		taken, err := b.press(t.Context(), links["WAIT"])
		require.NoError(t, err)
		require.Equal(t, notificationv1.Action_TAKEN, taken.GetState())
		require.Contains(t, taken.GetConfirmation(), "Дякуємо за терпіння.")
		require.NotNil(t, taken.GetTakeTime())
		require.Equal(t, "WAIT "+olena, b.orders.decided.GetChoice().String()+" "+b.orders.decided.GetAnsweredBy().GetPrincipal())
		b.pass(time.Minute)

		again, err := b.press(t.Context(), links["WAIT"])
		require.NoError(t, err)
		require.True(t, proto.Equal(taken, again))
		require.True(t, proto.Equal(taken, b.look(t.Context(), links["WAIT"])))
		for _, other := range []string{"SUBSTITUTE", "CANCEL"} {
			require.Equal(t, notificationv1.Action_SUPERSEDED, b.look(t.Context(), links[other]).GetState())
			b.refused("ACTION_SUPERSEDED", t.Context(), links[other])
		}
		b.told(&orderv1.ShortageAnswered{Shortage: "orders/0190/shortages/7", Order: "orders/0190", Customer: olena, Choice: orderv1.Shortage_WAIT})
		b.pass(48 * time.Hour)
		require.True(t, proto.Equal(taken, b.look(t.Context(), links["WAIT"])), "taken it stays")
		require.Equal(t, 1, b.orders.carried)
		require.Contains(t, b.orders.answers, "action/"+strings.TrimPrefix(b.message(), "messages/")+"/wait", "a key of the action's own")
		require.EqualValues(t, 1, b.said(&notificationv1.ActionTaken{}))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`))
	})
}

// message is the name of the message that asks Olena.
func (b *fixture) message() string {
	b.t.Helper()
	list, err := b.messages().ListMessages(b.customer(olena), &notificationv1.ListMessagesRequest{Filter: `template = "templates/shortage-reported"`})
	require.NoError(b.t, err)
	require.Len(b.t, list.GetMessages(), 1)
	return list.GetMessages()[0].GetName()
}

// A link is its addressee's, in whoever's hands it is without a token; another customer's token shows that it is another's.
func TestALinkIsItsAddressees(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		link := b.asked()["WAIT"]
		last := link[len(link)-4:]
		strangers := map[string]struct {
			ctx  context.Context
			link string
		}{
			"another customer": {b.customer(ivan), link},
			"no subject":       {b.customer(""), link},
			"forged":           {t.Context(), link[:len(link)-4] + "AAAA"},
			"another choice":   {t.Context(), "actions/" + link[len("actions/"):len(link)-43-len(".wait.")] + ".cancel." + link[len(link)-43:]},
			"another message":  {t.Context(), "actions/0190.wait." + link[len(link)-43:]},
			"upper case":       {t.Context(), "actions/" + link[len("actions/"):len(link)-43-len("wait.")] + "WAIT." + link[len(link)-43:]},
			"nothing":          {t.Context(), "actions/x"},
		}
		require.NotEqual(t, "AAAA", last)
		for name, s := range strangers {
			_, err := b.actions().GetAction(s.ctx, &notificationv1.GetActionRequest{Name: s.link})
			require.Equal(t, codes.NotFound, status.Code(err), name)
			require.Equal(t, `"`+s.link+`" does not exist`, status.Convert(err).Message(), name)
			_, err = b.press(s.ctx, s.link)
			require.Equal(t, codes.NotFound, status.Code(err), name)
		}
		require.Zero(t, b.orders.asked)
		for _, ctx := range []context.Context{t.Context(), b.customer(olena), b.agent()} {
			require.Equal(t, notificationv1.Action_AVAILABLE, b.look(ctx, link).GetState())
		}
		_, err := b.press(b.customer(olena), link)
		require.NoError(t, err)
	})
}

func TestAnActionExpires(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		links := b.asked()
		b.pass(24*time.Hour - time.Minute)
		require.Equal(t, notificationv1.Action_AVAILABLE, b.look(t.Context(), links["WAIT"]).GetState())
		b.pass(time.Minute)
		require.Equal(t, notificationv1.Action_EXPIRED, b.look(t.Context(), links["WAIT"]).GetState())
		b.refused("ACTION_EXPIRED", t.Context(), links["WAIT"])
		require.Zero(t, b.orders.asked)
	})
}

// What is decided elsewhere can't be chosen any more, whichever news comes first.
func TestWhatIsDecidedElsewhereIsSuperseded(t *testing.T) {
	for name, fact := range map[string]proto.Message{
		"answered":   &orderv1.ShortageAnswered{Shortage: "orders/0190/shortages/7", Order: "orders/0190", Customer: olena, Choice: orderv1.Shortage_WAIT},
		"called off": &orderv1.OrderCancelled{Order: "orders/0190", Customer: olena, Reason: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, b *fixture) {
				before := b.asked()["WAIT"]
				b.told(fact)
				late := b.told(b.shortage())
				m, err := b.messages().GetMessage(b.customer(olena), &notificationv1.GetMessageRequest{Name: "messages/" + late.ID})
				require.NoError(t, err)
				for _, link := range []string{before, linksOf(m)["WAIT"]} {
					require.Equal(t, notificationv1.Action_SUPERSEDED, b.look(t.Context(), link).GetState())
					b.refused("ACTION_SUPERSEDED", t.Context(), link)
				}
				require.Zero(t, b.orders.asked)
			})
		})
	}
}

// The order service may know of the decision before its news come.
func TestTheOrderServiceHasTheLastWord(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		links := b.asked()
		b.orders.decided = &orderv1.Shortage{State: orderv1.Shortage_ANSWERED, Choice: orderv1.Shortage_CANCEL, AnsweredBy: &typepb.Actor{Principal: olena}}
		b.refused("ACTION_SUPERSEDED", t.Context(), links["WAIT"])
		require.Equal(t, notificationv1.Action_SUPERSEDED, b.look(t.Context(), links["WAIT"]).GetState())
		require.Equal(t, notificationv1.Action_SUPERSEDED, b.look(t.Context(), links["CANCEL"]).GetState())
		require.Zero(t, b.said(&notificationv1.ActionTaken{}))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`))
	})
}

// Waiting for a date that has passed can't be chosen any more, though the rest can.
func TestTheOrderServiceMayRefuseAChoice(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		links := b.asked()
		b.orders.fail(errs.Invalid("choice", "WAIT can't be chosen"), nil)
		b.refused("ACTION_EXPIRED", t.Context(), links["WAIT"])
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`))
		b.orders.fail(nil, nil)
		_, err := b.press(t.Context(), links["CANCEL"])
		require.NoError(t, err)
	})
}

func TestFiftyAtOnceTakeItOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		link := b.asked()["SUBSTITUTE"]
		answers, faults := make([]*notificationv1.Action, 50), make([]error, 50)
		var crowd sync.WaitGroup
		for i := range answers {
			crowd.Go(func() { answers[i], faults[i] = b.press(t.Context(), link) })
		}
		crowd.Wait()
		for i := range answers {
			require.NoError(t, faults[i])
			require.True(t, proto.Equal(answers[0], answers[i]))
		}
		require.Equal(t, 1, b.orders.carried)
		require.Len(t, b.orders.answers, 1, "one key")
		require.EqualValues(t, 1, b.said(&notificationv1.ActionTaken{}))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`))
	})
}

// Of several choices at the same moment one is carried out, and the others are refused.
func TestOfTwoChoicesAtOnceOneCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		links := b.asked()
		var crowd sync.WaitGroup
		choices, faults := []string{"WAIT", "SUBSTITUTE", "CANCEL"}, make([]error, 30)
		for i := range faults {
			crowd.Go(func() { _, faults[i] = b.press(t.Context(), links[choices[i%3]]) })
		}
		crowd.Wait()
		for i, err := range faults {
			if choices[i%3] == b.orders.decided.GetChoice().String() {
				require.NoError(t, err)
			} else {
				require.Equal(t, "ACTION_SUPERSEDED", errs.ReasonOf(err), "%v", err)
			}
		}
		require.Equal(t, 1, b.orders.carried)
		require.EqualValues(t, 1, b.said(&notificationv1.ActionTaken{}))
	})
}

var away = errs.Unavailable("AWAY", "away")

// The process dies after the order service has done it and before that is written down. Whoever presses again gets the answer
// of the first time, even when the news of the decision are here already and the time is over.
func TestACrashBetweenDoingAndRecording(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		links := b.asked()
		b.orders.fail(nil, away)
		_, err := b.press(t.Context(), links["WAIT"])
		require.Equal(t, codes.Unavailable, status.Code(err))
		b.orders.fail(nil, nil)
		require.NoError(t, b.db.Ping(t.Context()))
		b.take(&orderv1.ShortageAnswered{Shortage: "orders/0190/shortages/7", Order: "orders/0190", Customer: olena, Choice: orderv1.Shortage_WAIT})
		require.Equal(t, notificationv1.Action_AVAILABLE, b.look(t.Context(), links["WAIT"]).GetState())
		b.refused("ACTION_SUPERSEDED", t.Context(), links["CANCEL"])

		taken, err := b.press(t.Context(), links["WAIT"])
		require.NoError(t, err)
		require.Equal(t, notificationv1.Action_TAKEN, taken.GetState())
		require.Equal(t, 1, b.orders.carried)
		require.EqualValues(t, 1, b.said(&notificationv1.ActionTaken{}))
		b.pass(24 * time.Hour)
		require.EqualValues(t, 1, b.said(&notificationv1.ActionTaken{}))
	})
}

// Nobody presses again: what was done is found out and written down all the same.
func TestWhatWasDoneIsFoundOut(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		links := b.asked()
		pressed := b.clock.Now()
		b.orders.fail(nil, away)
		_, err := b.press(t.Context(), links["WAIT"])
		require.Error(t, err)
		b.pass(time.Minute)
		taken := b.look(t.Context(), links["WAIT"])
		require.Equal(t, notificationv1.Action_TAKEN, taken.GetState())
		require.WithinDuration(t, pressed, taken.GetTakeTime().AsTime(), 10*time.Second, "when the customer pressed")
		require.EqualValues(t, 1, b.said(&notificationv1.ActionTaken{}))
		b.orders.fail(nil, nil)
		again, err := b.press(t.Context(), links["WAIT"])
		require.NoError(t, err)
		require.True(t, proto.Equal(taken, again))
		require.EqualValues(t, 1, b.said(&notificationv1.ActionTaken{}))
	})
}

// What was not done is not done behind the customer's back: they may press again, and choose otherwise.
func TestWhatWasNotDoneIsTheCustomersToPressAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		links := b.asked()
		b.orders.fail(away, nil)
		_, err := b.press(t.Context(), links["WAIT"])
		require.Equal(t, codes.Unavailable, status.Code(err))
		b.pass(time.Minute)
		require.Zero(t, b.orders.carried)
		require.Equal(t, notificationv1.Action_AVAILABLE, b.look(t.Context(), links["WAIT"]).GetState())
		require.Zero(t, b.said(&notificationv1.ActionTaken{}))
		b.orders.fail(nil, nil)
		_, err = b.press(t.Context(), links["CANCEL"])
		require.NoError(t, err)
		b.refused("ACTION_SUPERSEDED", t.Context(), links["WAIT"])
	})
}

func keyed(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, change.Header, key)
}

func TestAnIdempotencyKeyIsForOneAction(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		links := b.asked()
		var header metadata.MD
		first, err := b.press(keyed(t.Context(), "k"), links["WAIT"], grpc.Header(&header))
		require.NoError(t, err)
		require.Empty(t, header.Get(change.Replayed))
		again, err := b.press(keyed(t.Context(), "k"), links["WAIT"], grpc.Header(&header))
		require.NoError(t, err)
		require.Equal(t, []string{"true"}, header.Get(change.Replayed))
		require.True(t, proto.Equal(first, again))

		asked := b.orders.asked
		b.refused("IDEMPOTENCY_KEY_REUSED", keyed(t.Context(), "k"), links["CANCEL"])
		require.Equal(t, asked, b.orders.asked)

		// people without a token share no keys
		b.orders.decided = nil
		b.meet(ivan, "en", "")
		s := b.shortage()
		s.Customer, s.Shortage, s.Order = ivan, "orders/0191/shortages/1", "orders/0191"
		b.told(s)
		_, err = b.press(keyed(t.Context(), "k"), linksOf(b.only(b.customer(ivan)))["WAIT"], grpc.Header(&header))
		require.NoError(t, err)
		require.Empty(t, header.Get(change.Replayed))
	})
}
