package page_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/page"
)

// TestParametersOfTheSelect: what follows a select with parameters of its own is numbered on from them.
func TestParametersOfTheSelect(t *testing.T) {
	req := listRequest(t).set("filter", "size > 4").set("order_by", "size")
	req = req.set("page_token", tokenOf(t, req, int64(5), "row")).set("page_size", int32(7))
	q, err := things.Parse(req)
	require.NoError(t, err)
	const from = "select id from (select id, $1 as grade from thing where rank < $2 or size > $2) graded"
	sql, args := q.SQLWith(from, []any{"good", int64(3)}, page.Where("customer = ?", "olena"))
	require.Equal(t, from+`
where customer = $3
and size > $4
and (size, id) > ($5, $6)
order by size, id
limit $7`, sql)
	require.Equal(t, []any{"good", int64(3), "olena", int64(4), int64(5), "row", int64(8)}, args)
}

func TestASelectWithoutParameters(t *testing.T) {
	q, err := things.Parse(listRequest(t))
	require.NoError(t, err)
	sql, args := q.SQL("select id from thing", page.Where("customer = ?", "olena"))
	again, same := q.SQLWith("select id from thing", nil, page.Where("customer = ?", "olena"))
	require.Equal(t, sql, again)
	require.Equal(t, args, same)
}
