package resource_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// fill makes a programme with the accounts of olena and petro, each with a posting.
func fill(t *testing.T, db *sqldb.DB) {
	write(t, db, func(tx *sqldb.Tx) error {
		if _, err := programRows.Insert(tx, &loyaltyv1.Program{Name: "programs/main", DisplayName: "Points"}); err != nil {
			return err
		}
		for _, who := range []string{"olena", "petro"} {
			account := &loyaltyv1.Account{Name: "programs/main/accounts/" + who, Customer: "customers/" + who, Balance: 5}
			if _, err := accountRows.Insert(tx, account); err != nil {
				return err
			}
			posting := &loyaltyv1.Posting{Name: account.GetName() + "/postings/1", Kind: loyaltyv1.Posting_EARNING, Points: 5}
			if err := postingRows.InsertAll(tx, posting); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestCustomersReachTheirOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		olena := customer(t, "olena")
		account, err := accounts.Get(olena, db, named("programs/main/accounts/olena"))
		require.NoError(t, err)
		require.Equal(t, "customers/olena", account.GetCustomer())
		posting, err := postings.Get(olena, db, named("programs/main/accounts/olena/postings/1"))
		require.NoError(t, err)
		require.EqualValues(t, 5, posting.GetPoints())
		own, err := accounts.List(olena, db, &loyaltyv1.ListAccountsRequest{Parent: "programs/main"})
		require.NoError(t, err)
		require.Len(t, own.GetAccounts(), 1)
		under, err := postings.List(olena, db, &loyaltyv1.ListPostingsRequest{Parent: account.GetName()})
		require.NoError(t, err)
		require.Len(t, under.GetPostings(), 1)
	})
}

// Whatever is another's answers as if it were not there, also for callers of whom nothing is known.
func TestWhatIsAnothersIsNotThere(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		const account = "programs/main/accounts/petro"
		for _, caller := range []struct {
			role    accessv1.Role
			subject string
		}{
			{accessv1.Role_ROLE_CUSTOMER, "customers/olena"}, {accessv1.Role_ROLE_CUSTOMER, ""},
			{accessv1.Role_ROLE_GUEST, "guests/1"}, {accessv1.Role_ROLE_PARTNER, "partners/1"}, {},
		} {
			ctx := as(t, caller.role, caller.subject)
			_, err := accounts.Get(ctx, db, named(account))
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), caller)
			_, err = accounts.Delete(ctx, db, named(account))
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), caller)
			_, err = accounts.Change(ctx, db, named(account))
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), caller)
			_, err = postings.Get(ctx, db, named(account+"/postings/1"))
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), caller)
			_, err = postings.Delete(ctx, db, named(account+"/postings/1"))
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), caller)
			_, err = postings.List(ctx, db, &loyaltyv1.ListPostingsRequest{Parent: account})
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), caller)
		}
		all, err := accounts.List(agent(t), db, &loyaltyv1.ListAccountsRequest{Parent: "programs/main"})
		require.NoError(t, err)
		require.Len(t, all.GetAccounts(), 2)
	})
}

func TestWhatIsNarrowedAwayIsNotThere(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		write(t, db, func(tx *sqldb.Tx) error {
			tx.Exec(`update account set balance = -1 where id = 'petro'`)
			return nil
		})
		_, err := accounts.Get(agent(t), db, named("programs/main/accounts/petro"))
		require.Equal(t, errs.KindNotFound, errs.KindOf(err))
		all, err := accounts.List(agent(t), db, &loyaltyv1.ListAccountsRequest{Parent: "programs/main"})
		require.NoError(t, err)
		require.Len(t, all.GetAccounts(), 1)
		_, err = postings.List(agent(t), db, &loyaltyv1.ListPostingsRequest{Parent: "programs/main/accounts/petro"})
		require.Equal(t, errs.KindNotFound, errs.KindOf(err))
	})
}

func TestNamesOfAnotherPatternAreNotFound(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		for _, name := range []string{
			"", "main", "programs/", "programs/none", "programs/main/", "programs//main", "programs/main/accounts", "accounts/main",
			"programs/main/accounts/olena", "/programs/main", "//kept.dev/programs/main",
		} {
			_, err := programs.Get(agent(t), db, named(name))
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), name)
			_, err = programs.Update(agent(t), db, updateOf(&loyaltyv1.Program{Name: name, DisplayName: "x"}, "display_name"))
			require.Equal(t, map[bool]string{true: "NOT_FOUND", false: "INVALID_REQUEST"}[name == "programs/none"], errs.ReasonOf(err), name)
			_, err = programs.Delete(agent(t), db, named(name))
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), name)
			_, err = accounts.List(agent(t), db, &loyaltyv1.ListAccountsRequest{Parent: name})
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), name)
		}
	})
}
