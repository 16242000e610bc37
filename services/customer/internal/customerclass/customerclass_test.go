package customerclass

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

func TestClassesAreServedByRank(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		ctx := access.With(t.Context(), access.Principal{Role: accessv1.Role_ROLE_MANAGER, Subject: "managers/marta"})
		s := New(kit.Deps{DB: db, Clock: &clock.Sandbox{}})
		names := func() (names []string) {
			listed, err := s.ListCustomerClasses(ctx, &customerv1.ListCustomerClassesRequest{})
			require.NoError(t, err)
			for _, c := range listed.GetCustomerClasses() {
				names = append(names, c.GetName())
			}
			return names
		}
		create := func(id string, rank int32) (*customerv1.CustomerClass, error) {
			return s.CreateCustomerClass(ctx, &customerv1.CreateCustomerClassRequest{
				CustomerClassId: id, CustomerClass: &customerv1.CustomerClass{DisplayName: "Gold", Rank: rank},
			})
		}
		require.Equal(t, []string{"customerClasses/a", "customerClasses/b", "customerClasses/c"}, names())
		gold, err := create("gold", 15)
		require.NoError(t, err)
		require.Equal(t, []string{"customerClasses/a", "customerClasses/gold", "customerClasses/b", "customerClasses/c"}, names())
		_, err = create("gold", 16)
		require.Equal(t, codes.AlreadyExists, errs.KindOf(err))
		_, err = create("silver", 20)
		require.Equal(t, "RANK_TAKEN", errs.ReasonOf(err))
		_, err = s.UpdateCustomerClass(ctx, &customerv1.UpdateCustomerClassRequest{CustomerClass: &customerv1.CustomerClass{Name: gold.GetName(), Rank: 30}})
		require.Equal(t, "RANK_TAKEN", errs.ReasonOf(err))

		kittest.Exec(t, db, `insert into customer (id, version, display_name, language_code, email, phone, region_code, addresses, customer_class, created)
			values ('olena', 1, '', '', '', '', '', '', 'customerClasses/gold', 0)`)
		remove := func() error {
			_, err := s.DeleteCustomerClass(ctx, &customerv1.DeleteCustomerClassRequest{Name: gold.GetName()})
			return err
		}
		require.Equal(t, "STILL_REFERRED_TO", errs.ReasonOf(remove()))
		kittest.Exec(t, db, `update customer set customer_class = null`)
		require.NoError(t, remove())
		_, err = s.GetCustomerClass(context.WithoutCancel(ctx), &customerv1.GetCustomerClassRequest{Name: gold.GetName()})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
	})
}
