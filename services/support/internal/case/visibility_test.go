package cases

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

func TestCustomersSeeTheirOwnAndNoNotes(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		b.hear(t, atRisk(c))
		all := b.entries(t, c.GetName())
		require.Len(t, all, 2)
		olena, ivan := customer(t, b.olena), customer(t, b.customer(t))

		list, err := b.ListCaseEntries(olena, &supportv1.ListCaseEntriesRequest{Parent: c.GetName()})
		require.NoError(t, err)
		require.Len(t, list.GetCaseEntries(), 1)
		require.Equal(t, all[0].String(), list.GetCaseEntries()[0].String())
		_, err = b.GetCaseEntry(olena, &supportv1.GetCaseEntryRequest{Name: all[0].GetName()})
		require.NoError(t, err)
		seen, err := b.GetCaseEntry(agent(t), &supportv1.GetCaseEntryRequest{Name: all[1].GetName()})
		require.NoError(t, err)
		require.Equal(t, all[1].String(), seen.String())

		_, err = b.GetCaseEntry(olena, &supportv1.GetCaseEntryRequest{Name: all[1].GetName()})
		refused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = b.GetCaseEntry(ivan, &supportv1.GetCaseEntryRequest{Name: all[0].GetName()})
		refused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = b.GetCase(ivan, &supportv1.GetCaseRequest{Name: c.GetName()})
		refused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = b.ListCaseEntries(ivan, &supportv1.ListCaseEntriesRequest{Parent: c.GetName()})
		refused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = b.ListCaseEntries(agent(t), &supportv1.ListCaseEntriesRequest{Parent: "cases/none"})
		refused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = b.ContactCase(ivan, &supportv1.ContactCaseRequest{Name: c.GetName(), Body: "Mine?"})
		refused(t, err, codes.NotFound, "NOT_FOUND")
		mine, err := b.ListCases(ivan, &supportv1.ListCasesRequest{Filter: `customer = "` + b.olena + `"`})
		require.NoError(t, err)
		require.Empty(t, mine.GetCases())
		require.Equal(t, all[1].GetName(), b.entries(t, c.GetName())[1].GetName(), "and nothing has changed")

		other := b.ask(t, "")
		_, err = b.GetCaseEntry(agent(t), &supportv1.GetCaseEntryRequest{Name: other.GetName() + "/entries/" + last(all[0].GetName())})
		refused(t, err, codes.NotFound, "NOT_FOUND")
	})
}

func last(name string) string { return name[len(name)-36:] }

func TestAClosedCaseOfAnotherLooksLikeNone(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		b.reply(t, c.GetName())
		b.close(t, c.GetName())
		_, err := b.ContactCase(customer(t, b.customer(t)), &supportv1.ContactCaseRequest{Name: c.GetName(), Body: "Mine?"})
		refused(t, err, codes.NotFound, "NOT_FOUND")
	})
}

func TestListCases(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		var names []string
		for i := range 7 {
			names = append(names, b.askKind(t, fmt.Sprint("products/p", i), supportv1.Case_Kind(1+i%3)).GetName())
			b.hands.advance(time.Minute)
		}
		b.hear(t, atRisk(b.get(t, names[2])))
		b.reply(t, names[3])
		for filter, want := range map[string][]int{
			``:                                        {6, 5, 4, 3, 2, 1, 0},
			`escalated = true`:                        {2},
			`escalated`:                               {2},
			`state = OPEN AND queue = "queues/duty"`:  {2},
			`state = REPLIED`:                         {3},
			`agent = "agents/anna"`:                   {3},
			`kind = COMPLAINT`:                        {5, 2},
			`about = "products/p4"`:                   {4},
			`create_time >= "2026-03-08T12:05:00Z"`:   {6, 5},
			`reply_due_time < "2026-03-08T17:00:00Z"`: {5, 2},
			`customer = "customers/none"`:             nil,
		} {
			var got []int
			token := ""
			for {
				list, err := b.ListCases(customer(t, b.olena), &supportv1.ListCasesRequest{Filter: filter, PageSize: 2, PageToken: token})
				require.NoError(t, err, filter)
				for _, c := range list.GetCases() {
					got = append(got, index(names, c.GetName()))
				}
				if token = list.GetNextPageToken(); token == "" {
					break
				}
			}
			require.Equal(t, want, got, filter)
		}
		list, err := b.ListCases(agent(t), &supportv1.ListCasesRequest{OrderBy: "reply_due_time", PageSize: 3})
		require.NoError(t, err)
		require.Equal(t, []string{names[2], names[5], names[1]}, []string{
			list.GetCases()[0].GetName(), list.GetCases()[1].GetName(), list.GetCases()[2].GetName(),
		})
		next, err := b.ListCases(agent(t), &supportv1.ListCasesRequest{OrderBy: "reply_due_time", PageSize: 1, PageToken: list.GetNextPageToken()})
		require.NoError(t, err)
		require.Equal(t, names[4], next.GetCases()[0].GetName())
		_, err = b.ListCases(agent(t), &supportv1.ListCasesRequest{Filter: `title = "x"`})
		refused(t, err, codes.InvalidArgument, "INVALID_REQUEST")
	})
}

func index(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

func TestListCaseEntriesByPage(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		c := b.ask(t, "")
		want := []string{"Where is it?"}
		for i := range 12 {
			body := fmt.Sprint("contact ", i)
			b.contact(t, c.GetName(), body)
			want = append(want, body)
		}
		var got []string
		token := ""
		for {
			list, err := b.ListCaseEntries(customer(t, b.olena),
				&supportv1.ListCaseEntriesRequest{Parent: c.GetName(), PageSize: 5, PageToken: token})
			require.NoError(t, err)
			for _, e := range list.GetCaseEntries() {
				got = append(got, e.GetBody())
			}
			if token = list.GetNextPageToken(); token == "" {
				break
			}
		}
		require.Equal(t, want, got, "the oldest first, though the clock stood still")
	})
}
