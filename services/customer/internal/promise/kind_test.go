package promise

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/event"
	"kept.dev/kit/kittest"
	"kept.dev/kit/resource"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// The kinds that services make.
const (
	delivery = "promiseKinds/delivery"
	reply    = "promiseKinds/reply"
	refund   = "promiseKinds/refund"
)

func as(t testing.TB, role accessv1.Role, subject string) context.Context {
	return access.With(t.Context(), access.Principal{Role: role, Subject: subject})
}

func manager(t testing.TB) context.Context {
	return as(t, accessv1.Role_ROLE_MANAGER, "managers/marta")
}

func agent(t testing.TB) context.Context { return as(t, accessv1.Role_ROLE_AGENT, "agents/anna") }

func requireProto(t testing.TB, want, got proto.Message) {
	t.Helper()
	require.True(t, proto.Equal(want, got), "want %s\n got %s", protojson.Format(want), protojson.Format(got))
}

func TestPromisesAreAtRiskAsTheirKindSays(t *testing.T) {
	onBoth(t, func(t *testing.T, b *book) {
		due := b.moved.Now().Add(100 * time.Hour)
		at := func(kind string, given *timestamppb.Timestamp) time.Time {
			name := newPromise()
			made := &promisev1.PromiseMade{
				Promise: name, Customer: "customers/olena", Kind: kind, About: "orders/1", DueTime: timestamppb.New(due), WarningTime: given,
			}
			b.hears(t, b.says(t, "order", name, made))
			p, err := b.GetPromise(access.With(t.Context(), access.Service("order")), &customerv1.GetPromiseRequest{Name: name})
			require.NoError(t, err)
			watched := kittest.Number(t, b.db, `select due from timer where kind = 'promise.at_risk' and key = $1`, resource.ID(name))
			require.Equal(t, watched, p.GetWarningTime().AsTime().UnixMicro(), "it is watched from then on")
			return p.GetWarningTime().AsTime()
		}
		require.Equal(t, due.Add(-6*time.Hour), at(delivery, nil))
		require.Equal(t, due.Add(-time.Hour), at(reply, nil))
		require.Equal(t, due.Add(-24*time.Hour), at(refund, nil))
		require.Equal(t, due.Add(-time.Second), at("promiseKinds/unheard-of", nil), "a kind that nothing is set for")
		require.Equal(t, due.Add(-time.Minute), at(refund, timestamppb.New(due.Add(-time.Minute))), "its maker knows better")

		_, err := b.kinds.UpdatePromiseKind(manager(t), &customerv1.UpdatePromiseKindRequest{
			PromiseKind: &customerv1.PromiseKind{Name: reply, WarningDuration: durationpb.New(3 * time.Hour)},
		})
		require.NoError(t, err)
		require.Equal(t, due.Add(-3*time.Hour), at(reply, nil), "from the change on")
	})
}

func TestWhatIsOwedForABrokenPromise(t *testing.T) {
	fee := &money.Money{CurrencyCode: "EUR", Units: 9, Nanos: 900_000_000}
	onBoth(t, func(t *testing.T, b *book) {
		due := timestamppb.New(b.moved.Now())
		breaks := func(kind string) (event.Event, string) {
			name := newPromise()
			return b.says(t, "order", name, &promisev1.PromiseBroken{
				Promise: name, Customer: "customers/olena", About: "orders/1", Kind: kind, DueTime: due, Fee: fee,
			}), name
		}
		broken, late := breaks(delivery)
		overdue, unpaid := breaks(refund)
		strange, unknown := breaks("promiseKinds/unheard-of")
		b.hears(t, broken, overdue, strange)
		want := func(name string, kind string) *promisev1.RemedyRequired {
			return &promisev1.RemedyRequired{
				Promise: name, Customer: "customers/olena", Kind: kind, Service: "order", About: "orders/1", DueTime: due, Fee: fee,
			}
		}
		first := want(late, delivery)
		first.KindDisplayName, first.Owner = "Delivery", "queues/delivery"
		first.Remedies = []*typepb.Remedy{{Type: typepb.Remedy_GOODWILL_POINTS, Points: 100}, {Type: typepb.Remedy_CASE}, {Type: typepb.Remedy_APOLOGY}}
		requireProto(t, first, said[*promisev1.RemedyRequired](t, b, late)[0])
		second := want(unpaid, refund)
		second.KindDisplayName, second.Owner = "Refund", "queues/payment"
		second.Remedies = []*typepb.Remedy{{Type: typepb.Remedy_CASE}, {Type: typepb.Remedy_APOLOGY}}
		requireProto(t, second, said[*promisev1.RemedyRequired](t, b, unpaid)[0])
		requireProto(t, want(unknown, "promiseKinds/unheard-of"), said[*promisev1.RemedyRequired](t, b, unknown)[0])
	})
}
