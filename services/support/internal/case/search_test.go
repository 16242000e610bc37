package cases

import (
	"testing"

	"github.com/stretchr/testify/require"

	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

func TestCasesAreFoundByWhatWasSaidInThem(t *testing.T) {
	onBoth(t, func(t *testing.T, b *fixture) {
		open := func(title, description string) *supportv1.Case {
			c, err := b.CreateCase(customer(t, b.olena), &supportv1.CreateCaseRequest{Case: &supportv1.Case{
				Customer: b.olena, Title: title, Description: description, Kind: supportv1.Case_QUESTION,
			}})
			require.NoError(t, err)
			b.hear(t, &supportv1.CaseOpened{Case: c.GetName(), Customer: b.olena})
			return c
		}
		find := func(query string) (names []string) {
			t.Helper()
			found, err := b.SearchCases(agent(t), &supportv1.SearchCasesRequest{Query: query})
			require.NoError(t, err)
			for _, c := range found.GetCases() {
				names = append(names, c.GetName())
			}
			return names
		}
		lid := open("The lid is broken", "My coffee pot came without its handle")
		pot := open("A coffee pot for Grandma", "Does it come in blue?")
		require.Equal(t, []string{pot.GetName(), lid.GetName()}, find("COFFEE pots"), "the title counts more")
		require.Equal(t, []string{lid.GetName()}, find("cofee handle"))
		require.Empty(t, find("teapot"))
		require.Empty(t, find("today"))

		b.reply(t, lid.GetName())
		b.hear(t, &supportv1.CaseReplied{Case: lid.GetName(), Customer: b.olena}, &supportv1.CaseReplied{Case: lid.GetName(), Customer: b.olena})
		require.Equal(t, []string{lid.GetName()}, find("comes today"), "what was replied counts, too")
		got, err := b.SearchCases(agent(t), &supportv1.SearchCasesRequest{Query: "coffee", PageSize: 1})
		require.NoError(t, err)
		require.NotEmpty(t, got.GetNextPageToken())
		got, err = b.SearchCases(agent(t), &supportv1.SearchCasesRequest{Query: "coffee", PageSize: 1, PageToken: got.GetNextPageToken()})
		require.NoError(t, err)
		require.Equal(t, lid.GetName(), got.GetCases()[0].GetName())
		require.Equal(t, "The lid is broken", got.GetCases()[0].GetTitle())
	})
}

func TestAsMuchIsLookedAtAsIsBounded(t *testing.T) {
	long := make([]byte, 0, mostText+10)
	for len(long) < mostText+1 {
		long = append(long, "ж"...)
	}
	cut := beginning("x" + string(long))
	require.LessOrEqual(t, len(cut), mostText)
	require.Equal(t, byte('x'), cut[0])
	require.NotContains(t, cut, "\uFFFD")
	require.Equal(t, "short", beginning("short"))
}
