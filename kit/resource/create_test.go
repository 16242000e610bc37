package resource_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

func TestCreate(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		create := func(program, id, owner string, effects ...resource.Effect[*loyaltyv1.Account]) string {
			account := &loyaltyv1.Account{Name: "programs/" + program + "/accounts/" + id, Customer: "customers/" + owner}
			req := &loyaltyv1.GetAccountRequest{Name: account.GetName()}
			_, err := accounts.Create(customer(t, "olena"), db, req, account, effects...)
			return errs.ReasonOf(err)
		}
		require.Equal(t, "ALREADY_EXISTS", create("main", "olena", "olena"))
		require.Equal(t, "NOT_FOUND", create("none", "2", "olena"), "an unknown parent")
		require.Equal(t, "NOT_FOUND", create("main", "2", "petro"), "what would be another's")
		require.Equal(t, "NO", create("main", "2", "olena", func(*sqldb.Tx, *loyaltyv1.Account) error {
			return errs.Refused("NO", "no")
		}))
		require.Empty(t, create("main", "2", "olena"))
		_, err := accounts.Get(customer(t, "olena"), db, named("programs/main/accounts/2"))
		require.NoError(t, err)
	})
}
