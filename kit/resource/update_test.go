package resource_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

func keep(*sqldb.Tx, *loyaltyv1.Program, *loyaltyv1.Program) error { return nil }

// Of those who change different fields, or the same row by a function, at the same moment none is lost.
func TestNoUpdateIsLost(t *testing.T) {
	for name, also := range map[string][]resource.Also[*loyaltyv1.Program]{"in one statement": nil, "in two": {keep}} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, db *sqldb.DB) {
				fill(t, db)
				ctx := agent(t)
				var all sync.WaitGroup
				run := func(do func() error) {
					all.Go(func() {
						for range 10 {
							require.NoError(t, do())
						}
					})
				}
				run(func() error {
					p := &loyaltyv1.Program{Name: "programs/main", DisplayName: "New"}
					_, err := programs.Update(ctx, db, updateOf(p, "display_name"), also...)
					return err
				})
				run(func() error {
					p := &loyaltyv1.Program{Name: "programs/main", CurrencyCode: "EUR"}
					_, err := programs.Update(ctx, db, updateOf(p, "currency_code"), also...)
					return err
				})
				run(func() error {
					_, err := programs.Change(ctx, db, named("programs/main"), func(_ *sqldb.Tx, _, after *loyaltyv1.Program) error {
						after.PointsPerUnit++
						return nil
					})
					return err
				})
				all.Wait()
				got, err := programs.Get(ctx, db, named("programs/main"))
				require.NoError(t, err)
				require.Equal(t, "New EUR 10 31", got.GetDisplayName()+" "+got.GetCurrencyCode()+" "+
					resource.Etag(got.GetPointsPerUnit())+" "+got.GetEtag())
			})
		})
	}
}

func TestUpdateRefusals(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		for path, field := range map[string]string{
			"create_time": "update_mask", "etagg": "update_mask", "display_name": "program.display_name",
		} {
			_, err := programs.Update(agent(t), db, updateOf(&loyaltyv1.Program{Name: "programs/main"}, path))
			require.Equal(t, "INVALID_REQUEST", errs.ReasonOf(err), path)
			require.ErrorContains(t, err, field)
		}
	})
}

// What belongs to a change is refused or made with it.
func TestAlsoIsInTheSameTransaction(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		refused := errs.Refused("NO", "no")
		_, err := programs.Update(agent(t), db, updateOf(&loyaltyv1.Program{Name: "programs/main", DisplayName: "New"}, "display_name"),
			func(*sqldb.Tx, *loyaltyv1.Program, *loyaltyv1.Program) error { return refused })
		require.ErrorIs(t, err, refused)
		_, err = accounts.Delete(agent(t), db, named("programs/main/accounts/olena"),
			func(*sqldb.Tx, *loyaltyv1.Account) error { return refused })
		require.ErrorIs(t, err, refused)
		_, err = accounts.Get(agent(t), db, named("programs/main/accounts/olena"))
		require.NoError(t, err)
		got, err := programs.Get(agent(t), db, named("programs/main"))
		require.NoError(t, err)
		require.Equal(t, "Points 1", got.GetDisplayName()+" "+got.GetEtag())
	})
}

func TestWhatIsReferredToStays(t *testing.T) {
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		_, err := programs.Delete(agent(t), db, named("programs/main"))
		require.Equal(t, "STILL_REFERRED_TO", errs.ReasonOf(err))
	})
}

// Whose a row is stays as it is, whatever the contract says of the field.
func TestAnUpdateDoesNotChangeTheOwner(t *testing.T) {
	owned := resource.Of(programRows, resource.Owner("currency"))
	onBoth(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		stolen := &loyaltyv1.Program{Name: "programs/main", DisplayName: "New", CurrencyCode: "customers/eve"}
		_, err := owned.Update(agent(t), db, updateOf(stolen, "currency_code"))
		require.Equal(t, "INVALID_REQUEST", errs.ReasonOf(err))
		require.ErrorContains(t, err, "currency_code")
		for _, paths := range [][]string{{"*"}, nil} {
			for _, also := range [][]resource.Also[*loyaltyv1.Program]{nil, {keep}} {
				got, err := owned.Update(agent(t), db, updateOf(stolen, paths...), also...)
				require.NoError(t, err)
				require.Equal(t, "New", got.GetDisplayName())
				require.Empty(t, got.GetCurrencyCode())
			}
		}
	})
}
