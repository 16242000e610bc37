package promise

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/dayofweek"
	"google.golang.org/genproto/googleapis/type/timeofday"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

const (
	olena    = "customers/olena"
	callBack = "promiseKinds/call-back"
)

// orders is the order service as the book asks it: olena's orders begin with "olena", and all others' are others'.
type orders struct{ grpc.ClientConnInterface }

func (orders) Invoke(_ context.Context, _ string, args, reply any, _ ...grpc.CallOption) error {
	name := args.(*orderv1.GetOrderRequest).GetName()
	if name == "orders/none" {
		return status.Error(codes.NotFound, "no such order")
	}
	reply.(*orderv1.Order).Customer = "customers/petro"
	if strings.HasPrefix(name, "orders/olena") {
		reply.(*orderv1.Order).Customer = olena
	}
	return nil
}

// withKind creates olena, and a kind of promise that agents and managers make.
func (b *book) withKind(t testing.TB) {
	t.Helper()
	kittest.Exec(t, b.db, `insert into customer (id, version, display_name, language_code, email, phone, region_code, addresses, created)
		values ('olena', 1, '', '', '', '', '', '', 0)`)
	_, err := b.kinds.CreatePromiseKind(manager(t), &customerv1.CreatePromiseKindRequest{
		PromiseKindId: "call-back", PromiseKind: &customerv1.PromiseKind{
			DisplayName: "A call back", Owner: "queues/front", Remedies: []*typepb.Remedy{{Type: typepb.Remedy_APOLOGY}},
			CreatorRoles: []accessv1.Role{accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER},
		},
	})
	require.NoError(t, err)
}

func (b *book) make(t testing.TB, change func(p *customerv1.Promise)) (*customerv1.Promise, error) {
	p := &customerv1.Promise{Customer: olena, Kind: callBack, DueTime: timestamppb.New(b.moved.Now().Add(48 * time.Hour))}
	change(p)
	return b.CreatePromise(agent(t), &customerv1.CreatePromiseRequest{Promise: p})
}

// hearsItself hands the book what it has said of a promise, as the bus does.
func (b *book) hearsItself(t testing.TB, promise string) {
	for _, fact := range said[*promisev1.PromiseMade](t, b, promise) {
		b.hears(t, b.says(t, owner, promise, fact))
	}
	for _, fact := range said[*promisev1.PromiseKept](t, b, promise) {
		b.hears(t, b.says(t, owner, promise, fact))
	}
	for _, fact := range said[*promisev1.PromiseBroken](t, b, promise) {
		b.hears(t, b.says(t, owner, promise, fact))
	}
	for _, fact := range said[*promisev1.PromiseReleased](t, b, promise) {
		b.hears(t, b.says(t, owner, promise, fact))
	}
}

func (b *book) get(t testing.TB, name string) *customerv1.Promise {
	t.Helper()
	p, err := b.GetPromise(agent(t), &customerv1.GetPromiseRequest{Name: name})
	require.NoError(t, err)
	return p
}

func TestAPromiseOfAPersonThatIsForgottenBreaks(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		b.withKind(t)
		p, err := b.make(t, func(p *customerv1.Promise) { p.About, p.Description = "orders/olena-1", "Marta calls by Friday noon." })
		require.NoError(t, err)
		require.Equal(t, "OPEN customer orders/olena-1", p.GetState().String()+" "+p.GetService()+" "+p.GetAbout())
		require.Equal(t, p.GetDueTime().AsTime().Add(-time.Hour), p.GetWarningTime().AsTime(), "as its kind says")
		requireProto(t, p, b.get(t, p.GetName()))
		b.hearsItself(t, p.GetName())
		requireProto(t, p, b.get(t, p.GetName()))

		b.reaches(t, p.GetWarningTime().AsTime())
		require.Equal(t, customerv1.Promise_AT_RISK, b.get(t, p.GetName()).GetState())
		require.Len(t, said[*promisev1.PromiseAtRisk](t, b, p.GetName()), 1)

		b.reaches(t, p.GetDueTime().AsTime())
		for range 2 {
			broken := b.get(t, p.GetName())
			require.Equal(t, "BROKEN NOT_DONE", broken.GetState().String()+" "+broken.GetBreachCause().String())
			require.Equal(t, p.GetDueTime().AsTime(), broken.GetResolveTime().AsTime())
			required := said[*promisev1.RemedyRequired](t, b, p.GetName())
			require.Len(t, required, 1, "once, also when the book hears of it itself")
			require.Equal(t, "A call back", required[0].GetKindDisplayName())
			require.Equal(t, typepb.Remedy_APOLOGY, required[0].GetRemedies()[0].GetType())
			b.hearsItself(t, p.GetName())
		}
		require.Empty(t, said[*promisev1.PromiseDue](t, b, p.GetName()), "nobody else is asked")

		_, err = b.KeepPromise(agent(t), &customerv1.KeepPromiseRequest{Name: p.GetName()})
		require.Equal(t, "PROMISE_OVERDUE", errs.ReasonOf(err))
		kept, err := b.KeepPromise(agent(t), &customerv1.KeepPromiseRequest{Name: p.GetName(), KeepTime: p.GetDueTime()})
		require.NoError(t, err, "it had been kept, and the word of it comes late")
		require.Equal(t, "KEPT PROMISE_BREACH_CAUSE_UNSPECIFIED", kept.GetState().String()+" "+kept.GetBreachCause().String())
		b.hearsItself(t, p.GetName())
		requireProto(t, kept, b.get(t, p.GetName()))
	})
}

func TestRemediesAreThoseOfTheCustomersClass(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		b.withKind(t)
		_, err := b.kinds.UpdatePromiseKind(manager(t), &customerv1.UpdatePromiseKindRequest{PromiseKind: &customerv1.PromiseKind{
			Name: callBack, Remedies: []*typepb.Remedy{
				{Type: typepb.Remedy_GOODWILL_POINTS, Points: 5},
				{Type: typepb.Remedy_GOODWILL_POINTS, Points: 50, CustomerClass: "customerClasses/a"},
			},
		}})
		require.NoError(t, err)
		kittest.Exec(t, b.db, `update customer set customer_class = 'customerClasses/a' where id = 'olena'`)
		p, err := b.make(t, func(*customerv1.Promise) {})
		require.NoError(t, err)
		b.reaches(t, p.GetDueTime().AsTime())
		remedies := said[*promisev1.RemedyRequired](t, b, p.GetName())[0].GetRemedies()
		require.Len(t, remedies, 1)
		require.EqualValues(t, 50, remedies[0].GetPoints())
	})
}

func TestAPromiseIsDueAsItsKindSays(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		b.withKind(t)
		unsaid := func(p *customerv1.Promise) { p.DueTime = nil }
		_, err := b.make(t, unsaid)
		require.ErrorContains(t, err, "promise.due_time")
		change := func(kind *customerv1.PromiseKind) error {
			kind.Name = callBack
			_, err := b.kinds.UpdatePromiseKind(manager(t), &customerv1.UpdatePromiseKindRequest{PromiseKind: kind})
			return err
		}
		require.NoError(t, change(&customerv1.PromiseKind{LeadDuration: durationpb.New(3 * time.Hour)}))
		p, err := b.make(t, unsaid)
		require.NoError(t, err)
		require.Equal(t, p.GetCreateTime().AsTime().Add(3*time.Hour), p.GetDueTime().AsTime(), "of elapsed time")

		require.ErrorContains(t, change(&customerv1.PromiseKind{Calendar: "calendars/none"}), "promise_kind.calendar")
		kittest.Exec(t, b.db, `insert into calendar (id, version, display_name, time_zone, shifts, holidays, created) values ('never', 1, '', 'UTC', '', '', 0)`)
		require.NoError(t, change(&customerv1.PromiseKind{Calendar: "calendars/never"}))
		_, err = b.make(t, unsaid)
		require.Equal(t, "CALENDAR_CLOSED", errs.ReasonOf(err))
		at := b.moved.Now().Add(time.Hour)
		p, err = b.make(t, func(p *customerv1.Promise) { p.DueTime = timestamppb.New(at) })
		require.NoError(t, err)
		require.Equal(t, at, p.GetDueTime().AsTime(), "whoever makes it knows better")
		shifts, err := resource.Pack(&customerv1.Calendar{Shifts: []*customerv1.Calendar_Shift{{
			Days:  []dayofweek.DayOfWeek{1, 2, 3, 4, 5, 6, 7},
			Hours: &customerv1.Calendar_Hours{StartTime: &timeofday.TimeOfDay{Hours: 10}, EndTime: &timeofday.TimeOfDay{Hours: 11}},
		}}})
		require.NoError(t, err)
		require.NoError(t, b.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.Exec(`update calendar set shifts = $1`, shifts)
			return nil
		}))
		p, err = b.make(t, unsaid)
		require.NoError(t, err)
		require.InDelta(t, 2.5*24, p.GetDueTime().AsTime().Sub(p.GetCreateTime().AsTime()).Hours(), 13, "an hour a day for three days")
		require.Contains(t, []int{10, 11}, p.GetDueTime().AsTime().Hour())
	})
}

func TestAPromiseOfAPersonHasOneAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		b.withKind(t)
		p, err := b.make(t, func(*customerv1.Promise) {})
		require.NoError(t, err)
		require.Equal(t, olena, p.GetAbout())
		const each = 8
		var group sync.WaitGroup
		faults := make([]error, 2*each)
		for i := range each {
			group.Go(func() { _, faults[i] = b.KeepPromise(agent(t), &customerv1.KeepPromiseRequest{Name: p.GetName()}) })
			group.Go(func() {
				_, faults[each+i] = b.ReleasePromise(agent(t), &customerv1.ReleasePromiseRequest{Name: p.GetName(), Reason: "not wanted"})
			})
		}
		group.Wait()
		won := 0
		for _, err := range faults {
			if err == nil {
				won++
				continue
			}
			require.Equal(t, "PROMISE_RESOLVED", errs.ReasonOf(err), "%v", err)
		}
		require.Equal(t, 1, won)
		facts := len(said[*promisev1.PromiseKept](t, b, p.GetName())) + len(said[*promisev1.PromiseReleased](t, b, p.GetName()))
		require.Equal(t, 1, facts)
		b.hearsItself(t, p.GetName())
		b.reaches(t, p.GetDueTime().AsTime().Add(time.Hour))
		require.Contains(t, []customerv1.Promise_State{customerv1.Promise_KEPT, customerv1.Promise_RELEASED}, b.get(t, p.GetName()).GetState())
		require.Empty(t, said[*promisev1.PromiseBroken](t, b, p.GetName()))
	})
}

func TestWhatPromisesCannotBeMade(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		b.withKind(t)
		now := b.moved.Now()
		for reason, change := range map[string]func(p *customerv1.Promise){
			"promise.customer":     func(p *customerv1.Promise) { p.Customer = "customers/nobody" },
			"promise.kind":         func(p *customerv1.Promise) { p.Kind = "promiseKinds/unheard-of" },
			"promise.about":        func(p *customerv1.Promise) { p.About = "orders/none" },
			"promise.about ":       func(p *customerv1.Promise) { p.About = "orders/petro-1" },
			"promise.due_time":     func(p *customerv1.Promise) { p.DueTime = timestamppb.New(now) },
			"promise.due_time ":    func(p *customerv1.Promise) { p.DueTime = timestamppb.New(now.Add(farthest + time.Hour)) },
			"promise.warning_time": func(p *customerv1.Promise) { p.WarningTime = p.GetDueTime() },
			"KIND_OF_SERVICE":      func(p *customerv1.Promise) { p.Kind = delivery },
		} {
			_, err := b.make(t, change)
			require.Error(t, err, reason)
			if strings.HasPrefix(reason, "promise.") {
				require.Equal(t, codes.InvalidArgument, errs.KindOf(err), "%s: %v", reason, err)
				require.Contains(t, err.Error(), strings.TrimSpace(reason))
				continue
			}
			require.Equal(t, reason, errs.ReasonOf(err))
		}
		p := &customerv1.Promise{Customer: olena, Kind: callBack, DueTime: timestamppb.New(now.Add(time.Hour))}
		_, err := b.CreatePromise(as(t, accessv1.Role_ROLE_ADMIN, "admins/root"), &customerv1.CreatePromiseRequest{Promise: p})
		require.Equal(t, "KIND_FOR_OTHER_ROLES", errs.ReasonOf(err))
		_, err = b.kinds.UpdatePromiseKind(manager(t), &customerv1.UpdatePromiseKindRequest{PromiseKind: &customerv1.PromiseKind{Name: callBack, Retired: true}})
		require.NoError(t, err)
		_, err = b.make(t, func(*customerv1.Promise) {})
		require.Equal(t, "KIND_RETIRED", errs.ReasonOf(err))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from promise`))
	})
}

func TestWhoAnswersForAPromise(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		b.withKind(t)
		name := newPromise()
		b.hears(t, b.says(t, "order", name, &promisev1.PromiseMade{
			Promise: name, Customer: olena, Kind: delivery, Service: "order", About: "orders/1", DueTime: timestamppb.New(b.moved.Now().Add(time.Hour)),
		}))
		_, err := b.KeepPromise(agent(t), &customerv1.KeepPromiseRequest{Name: name})
		require.Equal(t, "PROMISE_OF_SERVICE", errs.ReasonOf(err))
		_, err = b.ReleasePromise(agent(t), &customerv1.ReleasePromiseRequest{Name: name, Reason: "no"})
		require.Equal(t, "PROMISE_OF_SERVICE", errs.ReasonOf(err))
		_, err = b.KeepPromise(agent(t), &customerv1.KeepPromiseRequest{Name: "promises/none"})
		require.Equal(t, codes.NotFound, errs.KindOf(err))

		p, err := b.make(t, func(*customerv1.Promise) {})
		require.NoError(t, err)
		for fault, at := range map[string]time.Time{"future": b.moved.Now().Add(time.Hour), "before": p.GetCreateTime().AsTime().Add(-time.Second)} {
			_, err = b.KeepPromise(agent(t), &customerv1.KeepPromiseRequest{Name: p.GetName(), KeepTime: timestamppb.New(at)})
			require.ErrorContains(t, err, fault)
		}
		mine, err := b.GetPromise(access.With(t.Context(), access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: olena}), &customerv1.GetPromiseRequest{Name: p.GetName()})
		require.NoError(t, err)
		require.True(t, proto.Equal(p, mine))
		_, err = b.GetPromise(access.With(t.Context(), access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/petro"}), &customerv1.GetPromiseRequest{Name: p.GetName()})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
	})
}
