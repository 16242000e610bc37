package loyalty_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// meet has the service hear of customers.
func (h *fixture) meet(ids ...string) {
	for _, id := range ids {
		h.hear(fact(h.t, "customers/"+id, &customerv1.CustomerCreated{Customer: "customers/" + id}))
	}
}

func (h *fixture) give(ctx context.Context, account string, points int64) (*loyaltyv1.Posting, error) {
	return h.accounts.CreditGoodwill(ctx, &loyaltyv1.CreditGoodwillRequest{
		Name: account, Points: points, Reason: " for waiting ", About: "orders/1",
	})
}

func TestPointsAreGivenForWhatThereIs(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.meet("anna")
		for _, about := range []string{"orders/none", "unicorns/1", "customers/boris"} {
			_, err := h.accounts.CreditGoodwill(h.agent(), &loyaltyv1.CreditGoodwillRequest{
				Name: "programs/main/accounts/anna", Points: 5, Reason: "for waiting", About: about,
			})
			require.Equal(t, errs.Invalid("about", "%q does not exist", about).Error(), fmt.Sprint(err))
		}
		posting, err := h.give(h.agent(), "programs/main/accounts/anna", 5)
		require.NoError(t, err)
		require.EqualValues(t, 5, posting.GetBalance(), "nothing was given for those")
	})
}

func TestCreatedCustomersHaveAnAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		before := h.clock.Now()
		h.meet("anna")
		got, err := h.accounts.GetAccount(h.customer("anna"), &loyaltyv1.GetAccountRequest{Name: "programs/main/accounts/anna"})
		require.NoError(t, err)
		require.WithinRange(t, got.GetCreateTime().AsTime(), before, h.clock.Now())
		got.CreateTime = nil
		require.True(t, proto.Equal(&loyaltyv1.Account{Name: "programs/main/accounts/anna", Customer: "customers/anna"}, got), "%v", got)
	})
}

// Another's account and an unknown one answer alike, whatever is asked of them.
func TestOwnAccountsOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.meet("anna", "boris")
		for _, account := range []string{"programs/main/accounts/boris", "programs/main/accounts/nobody", "programs/none/accounts/anna"} {
			_, err := h.accounts.GetAccount(h.customer("anna"), &loyaltyv1.GetAccountRequest{Name: account})
			require.Equal(t, errs.NotFound(account).Error(), fmt.Sprint(err))
			_, err = h.accounts.ListPostings(h.customer("anna"), &loyaltyv1.ListPostingsRequest{Parent: account})
			require.Equal(t, errs.NotFound(account).Error(), fmt.Sprint(err))
		}
		for subject, want := range map[string][]string{"customers/anna": {"customers/anna"}, "customers/nobody": nil, "": nil} {
			page, err := h.accounts.ListAccounts(as(t.Context(), accessv1.Role_ROLE_CUSTOMER, subject),
				&loyaltyv1.ListAccountsRequest{Parent: "programs/main"})
			require.NoError(t, err)
			require.Equal(t, want, owners(page.GetAccounts()), "for %q", subject)
		}
	})
}

func owners(accounts []*loyaltyv1.Account) (names []string) {
	for _, a := range accounts {
		names = append(names, a.GetCustomer())
	}
	return names
}

func TestListAccountsByPage(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.meet("c", "a", "d", "b")
		h.createProgram("other", 0, "")
		req := &loyaltyv1.ListAccountsRequest{Parent: "programs/main", PageSize: 3}
		first, err := h.accounts.ListAccounts(h.agent(), req)
		require.NoError(t, err)
		req.PageToken = first.GetNextPageToken()
		second, err := h.accounts.ListAccounts(h.agent(), req)
		require.NoError(t, err)
		require.Empty(t, second.GetNextPageToken())
		require.Equal(t, []string{"customers/a", "customers/b", "customers/c", "customers/d"},
			append(owners(first.GetAccounts()), owners(second.GetAccounts())...))

		empty, err := h.accounts.ListAccounts(h.agent(), &loyaltyv1.ListAccountsRequest{Parent: "programs/other"})
		require.NoError(t, err)
		require.Empty(t, empty.GetAccounts())
		_, err = h.accounts.ListAccounts(h.agent(), &loyaltyv1.ListAccountsRequest{Parent: "programs/none"})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
	})
}

func TestPostingsComeLatestFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.meet("anna")
		var want []int64
		for i := range int64(10) {
			_, err := h.give(h.agent(), "programs/main/accounts/anna", i+1)
			require.NoError(t, err)
			want = append(want, i+1)
		}
		slices.Reverse(want)
		var got []int64
		for _, p := range h.postings(t, "programs/main/accounts/anna", 3) {
			got = append(got, p.GetPoints())
		}
		require.Equal(t, want, got)
	})
}

func TestGoodwillIsAnsweredAsItIsListed(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.meet("anna")
		_, err := h.give(h.agent(), "programs/main/accounts/anna", 5)
		require.NoError(t, err)
		posting, err := h.give(h.agent(), "programs/main/accounts/anna", 20)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(posting.GetName(), "programs/main/accounts/anna/postings/"))
		require.True(t, proto.Equal(posting, h.postings(t, "programs/main/accounts/anna", 1)[0]))
		want := &loyaltyv1.Posting{
			Name: posting.GetName(), Kind: loyaltyv1.Posting_GOODWILL, Points: 20, Balance: 25, About: "orders/1", Reason: "for waiting",
			Actor: &typepb.Actor{Role: accessv1.Role_ROLE_AGENT, Principal: "agents/anna"}, CreateTime: timestamppb.New(posting.GetCreateTime().AsTime()),
		}
		require.True(t, proto.Equal(want, posting), "%v", posting)
	})
}

func TestGoodwillNotesWhoGaveIt(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.meet("anna")
		for _, test := range []struct {
			role accessv1.Role
			name string
		}{
			{accessv1.Role_ROLE_AGENT, "agents/a"},
			{accessv1.Role_ROLE_MANAGER, "managers/m"},
			{accessv1.Role_ROLE_SERVICE, "services/support"},
		} {
			giver := access.Principal{Role: test.role, Subject: test.name}
			posting, err := h.give(access.With(t.Context(), giver), "programs/main/accounts/anna", 1)
			require.NoError(t, err)
			require.True(t, proto.Equal(&typepb.Actor{Role: test.role, Principal: test.name}, posting.GetActor()), "%v", posting)
		}
	})
}

// A customer of whom nothing was heard is asked for; whoever is not known at all gets nothing, not even an account.
func TestGoodwillForCustomersNotHeardOf(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.createProgram("extra", 0, "")
		h.people.know(func(name string) bool { return name == "customers/new" })

		for _, account := range []string{"programs/main/accounts/nobody", "programs/extra/accounts/nobody", "programs/none/accounts/new"} {
			_, err := h.give(h.agent(), account, 1)
			require.Equal(t, errs.NotFound(account).Error(), fmt.Sprint(err))
		}
		require.Equal(t, []string{"customers/nobody", "customers/nobody"}, h.people.asked)
		require.Zero(t, kittest.Number(t, h.db, `select count(*) from account`))

		_, err := h.give(h.agent(), "programs/extra/accounts/new", 7)
		require.NoError(t, err)
		require.Equal(t, "7 [GOODWILL 7]", h.stateOf("programs/extra/accounts/new"))
		require.Equal(t, "0 []", h.stateOf("programs/main/accounts/new"))
		asked := len(h.people.asked)
		_, err = h.give(h.agent(), "programs/main/accounts/new", 8)
		require.NoError(t, err)
		require.Len(t, h.people.asked, asked, "who is known is not asked for again")
	})
}

func TestGoodwillWaitsForTheCustomerService(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.people.fault = errs.Unavailable("PEER_UNAVAILABLE", "customer does not answer")
		_, err := h.give(h.agent(), "programs/main/accounts/new", 1)
		require.Equal(t, errs.KindUnavailable, errs.KindOf(err))
		require.Zero(t, kittest.Number(t, h.db, `select count(*) from account`))
		require.Zero(t, kittest.Number(t, h.db, `select count(*) from entry`))
	})
}

func TestGoodwillUnderAKeyIsGivenOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.people.know(func(string) bool { return true })
		first, err := h.give(keyed(h.agent(), "k"), "programs/main/accounts/new", 3)
		require.NoError(t, err)
		again, err := h.give(keyed(h.agent(), "k"), "programs/main/accounts/new", 3)
		require.NoError(t, err)
		require.True(t, proto.Equal(first, again))
		_, err = h.give(keyed(h.agent(), "k"), "programs/main/accounts/new", 4)
		require.Equal(t, "IDEMPOTENCY_KEY_REUSED", errs.ReasonOf(err))
		require.Equal(t, "3 [GOODWILL 3]", h.stateOf("programs/main/accounts/new"))
	})
}

func TestABalanceHasALimit(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.hear(fact(t, "promises/1", &promisev1.RemedyRequired{
			Promise: "promises/1", Customer: "customers/rich", Remedies: []*typepb.Remedy{{Type: typepb.Remedy_GOODWILL_POINTS, Points: 9_000_000_000_000_000}},
		}))
		_, err := h.give(h.agent(), "programs/main/accounts/rich", 1)
		require.Equal(t, "BALANCE_LIMIT", errs.ReasonOf(err))
		require.Equal(t, codes.FailedPrecondition, errs.KindOf(err))
		require.Equal(t, "9000000000000000 [GOODWILL 9000000000000000]", h.stateOf("programs/main/accounts/rich"))
	})
}

func TestRemediesAreGivenOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		owed := &promisev1.RemedyRequired{
			Promise: "promises/1", Customer: "customers/anna", About: "orders/late", Remedies: []*typepb.Remedy{{Type: typepb.Remedy_GOODWILL_POINTS, Points: 100}, {Type: typepb.Remedy_CASE}},
		}
		h.hear(fact(t, "promises/1", owed))
		h.hear(fact(t, "promises/1", owed), fact(t, "promises/1", owed))
		h.hear(fact(t, "promises/2", &promisev1.RemedyRequired{Promise: "promises/2", Customer: "customers/anna", About: "orders/late"}))
		require.Equal(t, "100 [GOODWILL 100]", h.stateOf("programs/main/accounts/anna"))
		posting := h.postings(t, "programs/main/accounts/anna", 1)[0]
		require.Equal(t, "orders/late", posting.GetAbout())
		require.Equal(t, "ROLE_SERVICE services/loyalty", posting.GetActor().GetRole().String()+" "+posting.GetActor().GetPrincipal())
	})
}

// Every posting of a customer is told of, with the balance that the statement shows, under the account's version.
func TestEveryPostingIsSaid(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		h.createProgram("euro", 3, "EUR")
		h.play("RDD", true)
		h.meet("anna")
		_, err := h.give(h.agent(), "programs/main/accounts/anna", 20)
		require.NoError(t, err)

		rows, err := h.db.Query(t.Context(), `select subject, version, data from outbox where type = 'kept.loyalty.v1.PointsPosted'`)
		require.NoError(t, err)
		said, err := sqldb.All(rows, scanSaid)
		require.NoError(t, err)
		require.Len(t, said, 5)
		require.EqualValues(t, 5, kittest.Number(t, h.db, `select count(*) from posting where customer <> ''`))
		for _, s := range said {
			postings := h.postings(t, s.subject, 1000)
			p := postings[len(postings)-int(s.version)]
			want := &loyaltyv1.PointsPosted{
				Posting: p.GetName(), Account: s.subject, Customer: "customers/" + s.subject[strings.LastIndex(s.subject, "/")+1:],
				Kind: p.GetKind(), Points: p.GetPoints(), Balance: p.GetBalance(), About: p.GetAbout(),
			}
			require.True(t, proto.Equal(want, s.posted), "%v, not %v", s.posted, want)
		}
	})
}

type saidRow struct {
	subject string
	version int64
	posted  *loyaltyv1.PointsPosted
}

func scanSaid(r *sqldb.Rows) (s saidRow, err error) {
	var data []byte
	if err := r.Scan(&s.subject, &s.version, &data); err != nil {
		return s, err
	}
	s.posted = &loyaltyv1.PointsPosted{}
	return s, proto.Unmarshal(data, s.posted)
}
