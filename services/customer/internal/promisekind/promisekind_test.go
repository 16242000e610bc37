package promisekind

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func TestMain(m *testing.M) { kittest.Main(m) }

func onBoth(t *testing.T, test func(t *testing.T, ctx context.Context, s *Service)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		ctx := access.With(t.Context(), access.Principal{Role: accessv1.Role_ROLE_MANAGER, Subject: "managers/marta"})
		test(t, ctx, New(kit.Deps{DB: db, Clock: &clock.Sandbox{}}))
	})
}

func requireProto(t testing.TB, want, got proto.Message) {
	t.Helper()
	require.True(t, proto.Equal(want, got), "want %s\n got %s", protojson.Format(want), protojson.Format(got))
}

func points(n int64) *typepb.Remedy {
	return &typepb.Remedy{Type: typepb.Remedy_GOODWILL_POINTS, Points: n}
}

var (
	opensCase  = &typepb.Remedy{Type: typepb.Remedy_CASE}
	apologizes = &typepb.Remedy{Type: typepb.Remedy_APOLOGY}
)

func TestServicesHaveTheirKinds(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		listed, err := s.ListPromiseKinds(ctx, &customerv1.ListPromiseKindsRequest{})
		require.NoError(t, err)
		want := []*customerv1.PromiseKind{
			{Name: "promiseKinds/delivery", DisplayName: "Delivery", Service: "order", WarningDuration: durationpb.New(6 * time.Hour),
				Remedies: []*typepb.Remedy{points(100), opensCase, apologizes}, Owner: "queues/delivery"},
			{Name: "promiseKinds/refund", DisplayName: "Refund", Service: "order", WarningDuration: durationpb.New(24 * time.Hour),
				Remedies: []*typepb.Remedy{opensCase, apologizes}, Owner: "queues/payment"},
			{Name: "promiseKinds/reply", DisplayName: "Reply", Service: "support", WarningDuration: durationpb.New(time.Hour),
				Remedies: []*typepb.Remedy{points(50), apologizes}, Owner: "queues/front"},
		}
		require.Len(t, listed.GetPromiseKinds(), len(want))
		for i, k := range listed.GetPromiseKinds() {
			want[i].Etag, want[i].CreateTime = "1", k.GetCreateTime()
			requireProto(t, want[i], k)
		}
		for _, refused := range []*customerv1.PromiseKind{
			{Name: "promiseKinds/reply", Retired: true},
			{Name: "promiseKinds/reply", CreatorRoles: []accessv1.Role{accessv1.Role_ROLE_AGENT}},
		} {
			_, err := s.UpdatePromiseKind(ctx, &customerv1.UpdatePromiseKindRequest{PromiseKind: refused})
			require.Equal(t, "KIND_OF_SERVICE", errs.ReasonOf(err))
		}
	})
}

// Each customer gets of each type the remedy of their class, or else the one for all.
func TestRemediesAreByClass(t *testing.T) {
	better := &typepb.Remedy{Type: typepb.Remedy_GOODWILL_POINTS, Points: 500, CustomerClass: "customerClasses/a"}
	kind := &customerv1.PromiseKind{Remedies: []*typepb.Remedy{points(100), better, apologizes, {
		Type: typepb.Remedy_CASE, CustomerClass: "customerClasses/b",
	}}}
	require.Equal(t, []*typepb.Remedy{points(100), apologizes}, RemediesFor(kind, ""))
	require.Equal(t, []*typepb.Remedy{better, apologizes}, RemediesFor(kind, "customerClasses/a"))
	require.Equal(t, []*typepb.Remedy{points(100), apologizes, kind.GetRemedies()[3]}, RemediesFor(kind, "customerClasses/b"))
}

func TestAKindIsCreatedAndChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		made, err := s.CreatePromiseKind(ctx, &customerv1.CreatePromiseKindRequest{
			PromiseKindId: "call-back", PromiseKind: &customerv1.PromiseKind{DisplayName: "A call back", Service: "order"},
		})
		require.NoError(t, err)
		requireProto(t, &customerv1.PromiseKind{
			Name: "promiseKinds/call-back", DisplayName: "A call back", Service: "customer", WarningDuration: durationpb.New(time.Hour),
			CreatorRoles: []accessv1.Role{
				accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN, accessv1.Role_ROLE_SERVICE,
			},
			CreateTime: made.GetCreateTime(), Etag: "1",
		}, made)
		_, err = s.CreatePromiseKind(ctx, &customerv1.CreatePromiseKindRequest{PromiseKindId: "call-back", PromiseKind: made})
		require.Equal(t, codes.AlreadyExists, errs.KindOf(err))

		want := proto.CloneOf(made)
		want.Etag, want.Remedies, want.Owner, want.Retired = "2", []*typepb.Remedy{points(7), opensCase}, "agents/anna", true
		change := proto.CloneOf(want)
		change.Etag, change.WarningDuration = "1", nil
		got, err := s.UpdatePromiseKind(ctx, &customerv1.UpdatePromiseKindRequest{
			PromiseKind: change, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"*"}},
		})
		require.NoError(t, err)
		requireProto(t, want, got)
		got, err = s.GetPromiseKind(ctx, &customerv1.GetPromiseKindRequest{Name: made.GetName()})
		require.NoError(t, err)
		requireProto(t, want, got)
		_, err = s.UpdatePromiseKind(ctx, &customerv1.UpdatePromiseKindRequest{PromiseKind: change})
		require.Equal(t, "ETAG_MISMATCH", errs.ReasonOf(err))
	})
}

func TestRemediesThatCannotBe(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		for field, remedies := range map[string][]*typepb.Remedy{
			"remedies[1].type":           {opensCase, opensCase},
			"remedies[0].points":         {points(0)},
			"remedies[2].points":         {points(1), opensCase, {Type: typepb.Remedy_APOLOGY, Points: 1}},
			"remedies[1].customer_class": {points(1), {Type: typepb.Remedy_CASE, CustomerClass: "customerClasses/none"}},
		} {
			_, err := s.CreatePromiseKind(ctx, &customerv1.CreatePromiseKindRequest{
				PromiseKindId: "new", PromiseKind: &customerv1.PromiseKind{DisplayName: "New", Remedies: remedies},
			})
			require.ErrorContains(t, err, "promise_kind."+field)
			_, err = s.UpdatePromiseKind(ctx, &customerv1.UpdatePromiseKindRequest{
				PromiseKind: &customerv1.PromiseKind{Name: "promiseKinds/reply", Remedies: remedies},
			})
			require.ErrorContains(t, err, "promise_kind."+field)
		}
	})
}
