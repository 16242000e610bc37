package page_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/page"
)

// Each bound of a filter holds at its edge: what is just within is taken, and one more is refused.
func TestBoundsOfAFilter(t *testing.T) {
	long := func(n int) string { return `note = "` + strings.Repeat("x", n-len(`note = ""`)) + `"` }
	nested := func(n int) string { return strings.Repeat("NOT (", n) + "open" + strings.Repeat(")", n) }
	mixed := func(n int) string { // AND within OR within AND
		text := "open"
		for i := range n {
			text = "(size = 1 " + []string{"AND", "OR"}[i%2] + " " + text + ")"
		}
		return text
	}
	for name, edge := range map[string]struct{ within, beyond, hint string }{
		"length":      {long(4000), long(4001), "longer than 4000 bytes"},
		"depth":       {nested(32), nested(33), "nested more than 32 deep"},
		"mixed depth": {mixed(32), mixed(33), "nested more than 32 deep"},
		"terms":       {"open" + strings.Repeat(" AND open", 99), "open" + strings.Repeat(" AND open", 100), "more than 100 comparisons"},
		"other terms": {"open" + strings.Repeat(" OR size = 1", 99), "open" + strings.Repeat(" OR size = 1", 100), "more than 100 comparisons"},
		"parentheses": {
			"(open)" + strings.Repeat(" AND (open)", 99), "(open)" + strings.Repeat(" AND (open)", 100), "more than 100 parentheses",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := things.Parse(listRequest(t).set("filter", edge.within))
			require.NoError(t, err)
			_, err = things.Parse(listRequest(t).set("filter", edge.beyond))
			requireInvalid(t, "filter", err)
			require.ErrorContains(t, err, edge.hint)
		})
	}
}

func TestBoundsOfAnOrder(t *testing.T) {
	padded := func(n int) string { return "size" + strings.Repeat(" ", n-len("sizedesc")) + "desc" }
	q, err := things.Parse(listRequest(t).set("order_by", padded(500)))
	require.NoError(t, err)
	require.Equal(t, []string{"size", "id"}, q.Columns())
	_, err = things.Parse(listRequest(t).set("order_by", padded(501)))
	requireInvalid(t, "order_by", err)
	_, err = things.Parse(listRequest(t).set("order_by", "size desc asc"))
	requireInvalid(t, "order_by", err)
}

func TestBoundsOfAPage(t *testing.T) {
	for size, want := range map[int32]int{0: 50, 1: 1, 999: 999, 1000: 1000, 1001: 1000} {
		q, err := things.Parse(listRequest(t).set("page_size", size))
		require.NoError(t, err)
		require.Equal(t, want, q.Size())
		_, args := q.SQL(selectThings)
		require.Equal(t, []any{int64(want) + 1}, args, "one row too many, which tells that there is a next page")
	}
	_, err := things.Parse(listRequest(t).set("page_size", int32(-1)))
	requireInvalid(t, "page_size", err)
}

// A page that is just full is the last one; one row more, and there is another.
func TestCutAtTheEdge(t *testing.T) {
	q, err := things.Parse(listRequest(t).set("page_size", int32(2)).set("order_by", "name"))
	require.NoError(t, err)
	own := func(row, _ string) any { return row }
	for rows, next := range map[string]bool{"": false, "a": false, "ab": false, "abc": true} {
		cut, token, err := page.Cut(q, strings.Split(rows, ""), own)
		require.NoError(t, err)
		require.Equal(t, next, token != "", rows)
		require.Len(t, cut, min(len(rows), 2))
	}
}

// An order that names the unique column early ends there, in whatever direction.
func TestNothingFollowsAnID(t *testing.T) {
	for order, want := range map[string][]string{
		"name": {"id"}, "name desc, size": {"id"}, "size, name": {"size", "id"}, "size desc": {"size", "id"}, "": {"make_time", "id"},
	} {
		q, err := things.Parse(listRequest(t).set("order_by", order))
		require.NoError(t, err)
		require.Equal(t, want, q.Columns(), order)
	}
}
