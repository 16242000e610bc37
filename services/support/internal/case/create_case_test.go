package cases

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func TestACaseComesWithAPromise(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.askKind(t, "", supportv1.Case_COMPLAINT)

		require.Equal(t, supportv1.Case_OPEN, c.GetState())
		require.Equal(t, "queues/front", c.GetQueue())
		require.EqualValues(t, 1, c.GetContactCount())
		require.Equal(t, 4*time.Hour, c.GetReplyDueTime().AsTime().Sub(c.GetCreateTime().AsTime()))
		require.Equal(t, c.String(), b.get(t, c.GetName()).String(), "what was answered is what is there")

		made := said[*promisev1.PromiseMade](t, b, c.GetName())
		require.Len(t, made, 1)
		require.Equal(t, c.GetPromise(), made[0].GetPromise())
		require.Equal(t, "support promiseKinds/reply "+c.GetName(), made[0].GetService()+" "+made[0].GetKind()+" "+made[0].GetAbout())
		require.Equal(t, start.Add(3*time.Hour), made[0].GetWarningTime().AsTime(), "three quarters of the time")
		require.Equal(t, start.Add(4*time.Hour), made[0].GetDueTime().AsTime())
		require.Len(t, said[*supportv1.CaseOpened](t, b, c.GetName()), 1)
	})
}

func TestWhoWritesForTheCustomerIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		for _, role := range []accessv1.Role{
			accessv1.Role_ROLE_CUSTOMER, accessv1.Role_ROLE_SERVICE, accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN,
		} {
			subject := "x"
			if role == accessv1.Role_ROLE_CUSTOMER {
				subject = b.olena
			}
			c, err := b.CreateCase(as(t, role, subject), b.request("", supportv1.Case_QUESTION))
			require.NoError(t, err)
			_, err = b.ContactCase(as(t, role, subject), &supportv1.ContactCaseRequest{
				Name: c.GetName(), Body: "Hello?", Channel: typepb.Channel_PHONE,
			})
			require.NoError(t, err)
			entries := b.entries(t, c.GetName())
			require.Len(t, entries, 2)
			require.Equal(t, "Where is it?", entries[0].GetBody())
			require.Equal(t, "Hello?", entries[1].GetBody())
			require.Equal(t, typepb.Channel_PHONE, entries[1].GetChannel())
			for _, e := range entries {
				require.Equal(t, supportv1.CaseEntry_CUSTOMER, e.GetAuthor(), role.String())
				require.Equal(t, role.String()+" "+subject, e.GetActor().GetRole().String()+" "+e.GetActor().GetPrincipal())
			}
		}
	})
}

// TestTwentyAskAtOnce lets one customer ask about one order twenty times in the same moment, through two replicas where the
// database has room for two.
func TestTwentyAskAtOnce(t *testing.T) {
	const times = 20
	for _, dialect := range kittest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			url := kittest.NewURL(t, dialect)
			b := newFixture(t, migrated(t, kittest.Open(t, url)))
			replicas := []*Service{b.Service, b.Service}
			if dialect == "postgres" {
				second := *b.Service
				second.db = kittest.Open(t, url)
				replicas[1] = &second
			}
			order := b.others.order(b.olena)
			names := make([]string, times)
			var all sync.WaitGroup
			for i := range times {
				all.Go(func() {
					req := b.request(order, supportv1.Case_QUESTION)
					req.Case.Description = fmt.Sprint("question ", i)
					c, err := replicas[i%2].CreateCase(customer(t, b.olena), req)
					if err == nil {
						names[i] = c.GetName()
					}
				})
			}
			all.Wait()

			for _, name := range names {
				require.Equal(t, names[0], name, "all are told of the same case")
			}
			c := b.get(t, names[0])
			require.EqualValues(t, times, c.GetContactCount())
			require.True(t, c.GetAgentRequired())
			require.EqualValues(t, 1, b.number(t, `select count(*) from cases`))
			bodies := map[string]bool{}
			for _, e := range b.entries(t, c.GetName()) {
				bodies[e.GetBody()] = true
			}
			require.Len(t, bodies, times, "nothing that was said is lost")
			require.Len(t, said[*supportv1.CaseOpened](t, b, c.GetName()), 1)
			require.Len(t, said[*promisev1.PromiseMade](t, b, c.GetName()), 1)
			counts := map[int32]bool{}
			for _, again := range said[*supportv1.CaseContacted](t, b, c.GetName()) {
				counts[again.GetContactCount()] = true
			}
			require.Len(t, counts, times-1, "each contact is counted and said once")
			b.round(t)
			require.Empty(t, by(supportv1.CaseEntry_SYSTEM, b.entries(t, c.GetName())), "a person has to reply")
		})
	}
}

func TestWhatIsOneMatter(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		first := b.ask(t, order)
		require.Equal(t, first.GetName(), b.ask(t, order).GetName())
		require.NotEqual(t, first.GetName(), b.ask(t, b.others.order(b.olena)).GetName(), "another order")
		require.NotEqual(t, b.ask(t, "").GetName(), b.ask(t, "").GetName(), "nothing in particular is no matter")

		ivan := *b
		ivan.olena = b.customer(t)
		require.NotEqual(t, b.ask(t, "products/pot").GetName(), ivan.ask(t, "products/pot").GetName(), "another customer")

		b.reply(t, first.GetName())
		require.Equal(t, first.GetName(), b.ask(t, order).GetName(), "a case that was replied to is open")
		b.reply(t, first.GetName())
		b.close(t, first.GetName())
		second := b.ask(t, order)
		require.NotEqual(t, first.GetName(), second.GetName(), "a closed case stays closed")
		require.EqualValues(t, 1, second.GetContactCount())
		require.False(t, second.GetAgentRequired() || second.GetAlreadyOpen())
	})
}

func TestAnotherTitleIsSaidToo(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		name := b.ask(t, order).GetName()
		req := b.request(order, supportv1.Case_COMPLAINT)
		req.Case.Title, req.Case.Description = "Enough", "I have asked already"
		joined, err := b.CreateCase(customer(t, b.olena), req)
		require.NoError(t, err)
		require.True(t, joined.GetAlreadyOpen())
		require.Equal(t, "My order QUESTION", joined.GetTitle()+" "+joined.GetKind().String(), "the case is what it was")
		require.Equal(t, "Enough\n\nI have asked already", b.entries(t, name)[1].GetBody())
	})
}

func TestCreateCaseRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		foreign := b.others.order("customers/ivan")
		for about, field := range map[string]string{
			"orders/none": "case.about", foreign: "case.about", foreign + "/refunds/speed-fee": "case.about",
		} {
			_, err := b.CreateCase(agent(t), b.request(about, supportv1.Case_QUESTION))
			refused(t, err, codes.InvalidArgument, "INVALID_REQUEST")
			require.ErrorContains(t, err, field+`: "`+about+`" does not exist`)
		}
		unknown := b.request("", supportv1.Case_QUESTION)
		unknown.Case.Customer = "customers/nobody"
		_, err := b.CreateCase(agent(t), unknown)
		refused(t, err, codes.InvalidArgument, "INVALID_REQUEST")
		require.ErrorContains(t, err, "case.customer")
		require.Zero(t, b.number(t, `select count(*) from cases`))
	})
}

func TestACustomerOfWhomNothingWasHeardIsAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		b.others.customers["customers/new"] = true
		req := b.request("", supportv1.Case_QUESTION)
		req.Case.Customer = "customers/new"
		_, err := b.CreateCase(agent(t), req)
		require.NoError(t, err)
		b.others.goAway(true)
		_, err = b.CreateCase(agent(t), req)
		require.NoError(t, err, "the answer was remembered")
		req.Case.Customer = "customers/other"
		_, err = b.CreateCase(agent(t), req)
		require.Equal(t, codes.Unavailable, errs.KindOf(err), "not known, and nobody to ask: to be tried again")
	})
}

func TestACaseIsTakenInWhileTheOrderServiceIsAway(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		b.others.goAway(true)
		c := b.ask(t, order)
		b.round(t)
		require.Len(t, b.entries(t, c.GetName()), 1)
		b.others.goAway(false)
		b.hands.advance(time.Minute)
		b.round(t)
		require.Len(t, by(supportv1.CaseEntry_SYSTEM, b.entries(t, c.GetName())), 1, "the facts come when they can")
	})
}

func TestAnOrderServiceThatDoesNotAnswerIsNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &otherServices{}
		h.whenAsked(func(ctx context.Context) { <-ctx.Done() })
		s := serviceBeside(h)
		begun := time.Now()
		require.NoError(t, s.checkAbout(t.Context(), "orders/x", "customers/olena"))
		require.Equal(t, askWithin, time.Since(begun))
	})
}

// A caller who has used up what the owner answers must not get an unchecked name in by that.
func TestOnlyAnOutageSparesTheLookAtWhatACaseIsAbout(t *testing.T) {
	h := &otherServices{}
	s := serviceBeside(h)
	for code, taken := range map[codes.Code]bool{
		codes.Unavailable: true, codes.DeadlineExceeded: true, codes.Unimplemented: true,
		codes.ResourceExhausted: false, codes.PermissionDenied: false, codes.Internal: false, codes.NotFound: false,
	} {
		h.failWith(code)
		require.Equal(t, taken, s.checkAbout(t.Context(), "orders/x", "customers/olena") == nil, code)
	}
}

func TestTheSameRequestAgainIsNoSecondContact(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		order := b.others.order(b.olena)
		b.ask(t, order)
		client := b.client(customerPrincipal(b.olena))
		req := b.request(order, supportv1.Case_QUESTION)
		req.RequestId = "8e2cdeab-7a2c-4f2e-9f5e-6d1f4f3d2a10"
		var answers []string
		for range 3 {
			c, err := client.CreateCase(t.Context(), req)
			require.NoError(t, err)
			answers = append(answers, c.String())
		}
		require.Equal(t, []string{answers[0], answers[0], answers[0]}, answers)
		require.EqualValues(t, 2, b.number(t, `select contact_count from cases`))
		require.EqualValues(t, 2, b.number(t, `select count(*) from case_entry`))
	})
}
