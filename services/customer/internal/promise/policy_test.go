package promise

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

func (b *book) policyOf(t testing.TB, name string) *customerv1.PromisePolicy {
	t.Helper()
	p, err := b.GetPromisePolicy(t.Context(), &customerv1.GetPromisePolicyRequest{Name: policyCollection + name})
	require.NoError(t, err)
	return p
}

func (b *book) update(t testing.TB, p *customerv1.PromisePolicy, paths ...string) (*customerv1.PromisePolicy, error) {
	return b.UpdatePromisePolicy(t.Context(), &customerv1.UpdatePromisePolicyRequest{
		PromisePolicy: p, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
	})
}

func requireProto(t testing.TB, want, got proto.Message) {
	t.Helper()
	require.True(t, proto.Equal(want, got), "want %s\n got %s", protojson.Format(want), protojson.Format(got))
}

func hours(n int64) *durationpb.Duration { return durationpb.New(time.Duration(n) * time.Hour) }

func TestEveryKindHasItsPolicy(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		want := []*customerv1.PromisePolicy{
			{
				Name: "promisePolicies/delivery", Kind: promisev1.PromiseKind_DELIVERY, WarningDuration: hours(6), GoodwillPoints: 100,
				OpenCase: true, Apologize: true, Owner: "queues/delivery", Etag: "1",
			}, {
				Name: "promisePolicies/reply", Kind: promisev1.PromiseKind_REPLY, WarningDuration: hours(1), GoodwillPoints: 50,
				Apologize: true, Owner: "queues/front", Etag: "1",
			}, {
				Name: "promisePolicies/refund", Kind: promisev1.PromiseKind_REFUND, WarningDuration: hours(24),
				OpenCase: true, Apologize: true, Owner: "queues/payment", Etag: "1",
			},
		}
		require.Len(t, want, len(promisev1.PromiseKind_name)-1, "all kinds but the unspecified")
		var listed []*customerv1.PromisePolicy
		for token := ""; len(listed) == 0 || token != ""; {
			res, err := b.ListPromisePolicies(t.Context(), &customerv1.ListPromisePoliciesRequest{PageSize: 2, PageToken: token})
			require.NoError(t, err)
			listed, token = append(listed, res.GetPromisePolicies()...), res.GetNextPageToken()
		}
		require.Len(t, listed, len(want))
		for i, p := range want {
			requireProto(t, p, listed[i])
			got, err := b.GetPromisePolicy(t.Context(), &customerv1.GetPromisePolicyRequest{Name: p.GetName()})
			require.NoError(t, err)
			requireProto(t, p, got)
		}
		for _, name := range []string{"promisePolicies/call", "promisePolicies/DELIVERY", "promisePolicies/promise-kind-unspecified"} {
			_, err := b.GetPromisePolicy(t.Context(), &customerv1.GetPromisePolicyRequest{Name: name})
			require.Equal(t, codes.NotFound, errs.KindOf(err), name)
		}
	})
}

func TestUpdateChangesWhatIsNamed(t *testing.T) {
	full := func() *customerv1.PromisePolicy {
		return &customerv1.PromisePolicy{
			Name: "promisePolicies/delivery", Kind: promisev1.PromiseKind_REFUND, WarningDuration: hours(2), GoodwillPoints: 7,
			Owner: "agents/anna",
		}
	}
	seeded := func(change func(p *customerv1.PromisePolicy)) *customerv1.PromisePolicy {
		p := &customerv1.PromisePolicy{
			Name: "promisePolicies/delivery", Kind: promisev1.PromiseKind_DELIVERY, WarningDuration: hours(6), GoodwillPoints: 100,
			OpenCase: true, Apologize: true, Owner: "queues/delivery", Etag: "2",
		}
		change(p)
		return p
	}
	cases := map[string]struct {
		paths []string
		want  *customerv1.PromisePolicy
	}{
		"one field": {[]string{"goodwill_points"}, seeded(func(p *customerv1.PromisePolicy) { p.GoodwillPoints = 7 })},
		"what is not set": {[]string{"open_case", "apologize"}, seeded(func(p *customerv1.PromisePolicy) {
			p.OpenCase, p.Apologize = false, false
		})},
		"without a mask": {nil, seeded(func(p *customerv1.PromisePolicy) {
			p.WarningDuration, p.GoodwillPoints, p.Owner = hours(2), 7, "agents/anna"
		})},
		"all": {[]string{"*"}, seeded(func(p *customerv1.PromisePolicy) {
			p.WarningDuration, p.GoodwillPoints, p.Owner, p.OpenCase, p.Apologize = hours(2), 7, "agents/anna", false, false
		})},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, b *book) {
				got, err := b.update(t, full(), c.paths...)
				require.NoError(t, err)
				requireProto(t, c.want, got)
				requireProto(t, c.want, b.policyOf(t, "delivery"))
				require.Equal(t, "1", b.policyOf(t, "refund").GetEtag(), "other kinds stay as they are")
			})
		})
	}
}

func TestUpdateRefuses(t *testing.T) {
	cases := map[string]struct {
		policy *customerv1.PromisePolicy
		paths  []string
		code   codes.Code
		reason string
	}{
		"an output-only field": {&customerv1.PromisePolicy{Name: "promisePolicies/reply"}, []string{"kind"}, codes.InvalidArgument, "INVALID_REQUEST"},
		"an unknown field":     {&customerv1.PromisePolicy{Name: "promisePolicies/reply"}, []string{"x"}, codes.InvalidArgument, "INVALID_REQUEST"},
		"no lead":              {&customerv1.PromisePolicy{Name: "promisePolicies/reply"}, []string{"*"}, codes.InvalidArgument, "INVALID_REQUEST"},
		"no name":              {&customerv1.PromisePolicy{}, nil, codes.InvalidArgument, "INVALID_REQUEST"},
		"an unknown kind":      {&customerv1.PromisePolicy{Name: "promisePolicies/call"}, nil, codes.NotFound, "NOT_FOUND"},
		"another's etag": {
			&customerv1.PromisePolicy{Name: "promisePolicies/reply", GoodwillPoints: 1, Etag: "0"}, nil, codes.Aborted, "ETAG_MISMATCH",
		},
		"an etag that is none": {
			&customerv1.PromisePolicy{Name: "promisePolicies/reply", Etag: "' or 1"}, nil, codes.Aborted, "ETAG_MISMATCH",
		},
	}
	onBoth(t, func(t *testing.T, b *book) {
		before := b.policyOf(t, "reply")
		for name, c := range cases {
			_, err := b.update(t, c.policy, c.paths...)
			require.Equal(t, c.code, errs.KindOf(err), "%s: %v", name, err)
			require.Equal(t, c.reason, errs.ReasonOf(err), name)
		}
		same, err := b.update(t, &customerv1.PromisePolicy{Name: "promisePolicies/reply", Etag: "1"})
		require.NoError(t, err, "nothing to change is no fault")
		requireProto(t, before, same)
		requireProto(t, before, b.policyOf(t, "reply"))
	})
}

func TestOfManyUpdatesNoneIsLost(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		const each = 10
		var group sync.WaitGroup
		faults := make([]error, 2*each)
		for i := range each {
			group.Go(func() {
				_, faults[i] = b.update(t, &customerv1.PromisePolicy{Name: "promisePolicies/reply", Owner: fmt.Sprintf("agents/a%d", i)})
			})
			group.Go(func() { // all with the etag that they have read
				_, faults[each+i] = b.update(t, &customerv1.PromisePolicy{Name: "promisePolicies/refund", GoodwillPoints: 1, Etag: "1"})
			})
		}
		group.Wait()
		require.Equal(t, fmt.Sprint(1+each), b.policyOf(t, "reply").GetEtag(), "each made a version of its own")
		won := 0
		for i, err := range faults {
			if err == nil && i >= each {
				won++
			}
			if err != nil {
				require.GreaterOrEqual(t, i, each)
				require.Equal(t, "ETAG_MISMATCH", errs.ReasonOf(err))
			}
		}
		require.Equal(t, 1, won, "of those with the same etag one wins")
		require.Equal(t, "2", b.policyOf(t, "refund").GetEtag())
	})
}

func TestPromisesAreAtRiskAsThePolicySays(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		due := b.moved.Now().Add(100 * time.Hour)
		at := func(kind promisev1.PromiseKind, given *timestamppb.Timestamp) time.Time {
			name := newPromise()
			made := &promisev1.PromiseMade{
				Promise: name, Customer: "customers/olena", Kind: kind, About: "orders/1", DueTime: timestamppb.New(due), WarningTime: given,
			}
			b.hears(t, b.says(t, "order", name, made))
			p, err := b.GetPromise(access.With(t.Context(), access.Service("order")), &customerv1.GetPromiseRequest{Name: name})
			require.NoError(t, err)
			watched := kittest.Number(t, b.db, `select due from timer where kind = 'promise.at_risk' and key = $1`, idOf(name))
			require.Equal(t, watched, p.GetWarningTime().AsTime().UnixMicro(), "it is watched from then on")
			return p.GetWarningTime().AsTime()
		}
		require.Equal(t, due.Add(-6*time.Hour), at(promisev1.PromiseKind_DELIVERY, nil))
		require.Equal(t, due.Add(-time.Hour), at(promisev1.PromiseKind_REPLY, nil))
		require.Equal(t, due.Add(-24*time.Hour), at(promisev1.PromiseKind_REFUND, nil))
		require.Equal(t, due.Add(-time.Second), at(promisev1.PromiseKind(9), nil), "a kind that nothing is set for")
		require.Equal(t, due.Add(-time.Minute), at(promisev1.PromiseKind_REFUND, timestamppb.New(due.Add(-time.Minute))), "its maker knows better")

		_, err := b.update(t, &customerv1.PromisePolicy{Name: "promisePolicies/reply", WarningDuration: hours(3)})
		require.NoError(t, err)
		require.Equal(t, due.Add(-3*time.Hour), at(promisev1.PromiseKind_REPLY, nil), "from the change on")
	})
}

func TestWhatIsOwedForABrokenPromise(t *testing.T) {
	fee := &money.Money{CurrencyCode: "EUR", Units: 9, Nanos: 900_000_000}
	onBoth(t, func(t *testing.T, b *book) {
		due := timestamppb.New(b.moved.Now())
		breaks := func(kind promisev1.PromiseKind) (event.Event, string) {
			name := newPromise()
			return b.says(t, "order", name, &promisev1.PromiseBroken{
				Promise: name, Customer: "customers/olena", About: "orders/1", Kind: kind, DueTime: due, Fee: fee,
			}), name
		}
		delivery, late := breaks(promisev1.PromiseKind_DELIVERY)
		refund, unpaid := breaks(promisev1.PromiseKind_REFUND)
		strange, unknown := breaks(promisev1.PromiseKind(9))
		b.hears(t, delivery, refund, strange)
		want := func(name string, kind promisev1.PromiseKind) *promisev1.RemedyRequired {
			return &promisev1.RemedyRequired{
				Promise: name, Customer: "customers/olena", Kind: kind, Service: "order", About: "orders/1", DueTime: due, Fee: fee,
			}
		}
		first := want(late, promisev1.PromiseKind_DELIVERY)
		first.GoodwillPoints, first.OpenCase, first.Apologize, first.Owner = 100, true, true, "queues/delivery"
		requireProto(t, first, said[*promisev1.RemedyRequired](t, b, late)[0])
		second := want(unpaid, promisev1.PromiseKind_REFUND)
		second.OpenCase, second.Apologize, second.Owner = true, true, "queues/payment"
		requireProto(t, second, said[*promisev1.RemedyRequired](t, b, unpaid)[0])
		requireProto(t, want(unknown, promisev1.PromiseKind(9)), said[*promisev1.RemedyRequired](t, b, unknown)[0])
	})
}
