package loyalty_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// TestManyAtOneAccount: agents give to one customer at the same moment, over two processes' connections. Every gift counts, each sees
// another balance, and the statement has no gap.
func TestManyAtOneAccount(t *testing.T) {
	for _, dialect := range kittest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			url := kittest.NewURL(t, dialect)
			services := []*fixture{newFixture(t, kittest.Open(t, url))}
			if dialect == "postgres" { // a second replica; a SQLite file has one process
				services = append(services, newFixture(t, kittest.Open(t, url)))
			}
			services[0].meet("anna")

			const callers, each = 64, 10
			balances := make(chan int64, callers*each)
			var group sync.WaitGroup
			for caller := range callers {
				h := services[caller%len(services)]
				group.Go(func() {
					for range each {
						posting, err := h.give(h.agent(), "programs/main/accounts/anna", 3)
						if err != nil {
							t.Error(err)
							return
						}
						balances <- posting.GetBalance()
					}
				})
			}
			group.Wait()
			close(balances)

			var got, want []int64
			for balance := range balances {
				got = append(got, balance)
			}
			for i := range int64(callers * each) {
				want = append(want, 3*(i+1))
			}
			slices.Sort(got)
			require.Equal(t, want, got)
			require.Len(t, services[0].statement(t, "programs/main/accounts/anna"), callers*each)
			require.EqualValues(t, callers*each, kittest.Number(t, services[0].db, `select max(number) from posting`))
			require.True(t, services[0].prove("main").GetBalanced())
		})
	}
}

// TestNoFalseAlarm: the books are right at every moment, also while they are written.
func TestNoFalseAlarm(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.meet("anna", "boris")
		var group sync.WaitGroup
		for _, customer := range []string{"anna", "boris"} {
			group.Go(func() {
				for range 100 {
					if _, err := h.give(h.agent(), "programs/main/accounts/"+customer, 1); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 50 {
			proof := h.prove("main")
			require.True(t, proof.GetBalanced(), "%v", proof)
			require.Equal(t, proof.GetEntryCount(), proof.GetBalanceSum())
		}
		group.Wait()
	})
}

func TestVerifyLedgerCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.createProgram("empty", 0, "")
		h.meet("anna", "boris")
		for range 3 {
			_, err := h.give(h.agent(), "programs/main/accounts/anna", 5)
			require.NoError(t, err)
		}
		require.Equal(t, fmt.Sprint(&loyaltyv1.VerifyLedgerResponse{
			Name: "programs/main", Balanced: true, EntryCount: 3, PostingCount: 6, AccountCount: 2, BalanceSum: 15,
		}), fmt.Sprint(h.prove("main")))
		require.Equal(t, fmt.Sprint(&loyaltyv1.VerifyLedgerResponse{Name: "programs/empty", Balanced: true}), fmt.Sprint(h.prove("empty")))
		_, err := h.programs.VerifyLedger(t.Context(), &loyaltyv1.VerifyLedgerRequest{Name: "programs/none"})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
	})
}

// TestVerifyLedgerFindsWhatWasTamperedWith: whoever reaches round the service into the tables is found out.
func TestVerifyLedgerFindsWhatWasTamperedWith(t *testing.T) {
	for name, test := range map[string]struct {
		wrong  int64
		tamper []string
	}{
		"a balance":                    {1, []string{`update account set balance = balance + 1 where customer = 'anna'`}},
		"two balances that cancel":     {2, []string{`update account set balance = 10 - balance`}},
		"an account is gone":           {0, []string{`delete from account where customer = 'anna'`}},
		"an entry without postings":    {0, []string{`insert into entry values ('e', 'main', 3, 'r', '', '', 0, '', 0)`}},
		"a posting without its entry":  {1, []string{`insert into posting values ('e', 'main', 'boris', 9, 1, 1)`}},
		"a posting without equivalent": {0, []string{`insert into posting values ('e', 'main', '', null, 1, null)`}},
		"entries that cancel each other only": {0, []string{
			`insert into entry values ('e', 'main', 3, 'e', '', '', 0, '', 0), ('f', 'main', 3, 'f', '', '', 0, '', 0)`,
			`insert into posting values ('e', 'main', 'boris', 1, 1, 1), ('e', 'main', '', null, -2, null)`,
			`insert into posting values ('f', 'main', 'boris', 2, -1, 0), ('f', 'main', '', null, 2, null)`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *fixture) {
				h.meet("anna", "boris")
				_, err := h.give(h.agent(), "programs/main/accounts/anna", 7)
				require.NoError(t, err)
				require.True(t, h.prove("main").GetBalanced())
				for _, statement := range test.tamper {
					kittest.Exec(t, h.db, statement)
				}
				proof := h.prove("main")
				require.False(t, proof.GetBalanced(), "%v", proof)
				require.Equal(t, test.wrong, proof.GetWrongAccountCount())
			})
		})
	}
}

// TestTheDatabaseRefuses what would make the books wrong.
func TestTheDatabaseRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.meet("anna")
		_, err := h.give(h.agent(), "programs/main/accounts/anna", 7)
		require.NoError(t, err)
		for statement, constraint := range map[string]string{
			`update account set balance = -1`:                                                              "account_balance_not_negative",
			`update account set balance = 9000000000000001`:                                                "account_balance_range",
			`insert into account values ('main', '', 0, 0, 0)`:                                             "account_customer_named",
			`insert into entry select 'e', program, kind, reference, '', '', 0, '', 0 from entry`:          "entry_reference_key",
			`insert into entry values ('e', 'main', 4, 'r', '', '', 0, '', 0)`:                             "entry_kind_known",
			`insert into posting values ('e', 'main', 'anna', 2, 0, 7)`:                                    "posting_points_range",
			`insert into posting values ('e', 'main', 'anna', 1, 1, 7)`:                                    "posting_number_key",
			`insert into posting values ('e', 'main', 'anna', null, 1, 7)`:                                 "posting_balance_of_customers",
			`insert into posting values ('e', 'main', '', null, 1, 7)`:                                     "posting_balance_of_customers",
			`insert into posting values ('e', 'main', 'anna', 2, 1, -1)`:                                   "posting_balance_not_negative",
			`insert into posting select entry_id, 'main', '', null, 1, null from posting where number = 1`: "posting_pkey",
			`update posting set points = 8`:                                                                "posting_append_only",
			`delete from posting`:                                                                          "posting_append_only",
			`update entry set reason = 'another'`:                                                          "entry_append_only",
			`delete from entry`:                                                                            "entry_append_only",
			`update program set points_per_unit = 1001`:                                                    "program_points_per_unit_range",
			`insert into purchase (order_id, delivered, returned) values ('o', null, null)`:                "purchase_heard_of",
		} {
			err := h.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error { tx.Exec(statement); return nil })
			require.True(t, sqldb.Violates(err, constraint), "%s: %v", statement, err)
		}
		require.True(t, h.prove("main").GetBalanced())
	})
}
