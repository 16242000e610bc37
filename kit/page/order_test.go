package page_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/page"
)

func TestOrderEndsWithID(t *testing.T) {
	for orderBy, want := range map[string]string{
		``:                            `make_time desc, id desc`,
		`make_time`:                   `make_time, id`,
		`  make_time   asc ,size asc`: `make_time, size, id`,
		`size desc, make_time`:        `size desc, make_time, id`,
		`name desc`:                   `id desc`,
		`name, size`:                  `id`,
		`rank`:                        `rank, id`,
	} {
		sql, _ := sqlOf(t, listRequest(t).set("order_by", orderBy))
		require.Contains(t, sql, "order by "+want+"\n", orderBy)
	}
}

func TestOrderByIDAloneWithoutDefault(t *testing.T) {
	q, err := page.Listing{ID: "id"}.Parse(listRequest(t))
	require.NoError(t, err)
	require.Equal(t, []string{"id"}, q.Columns())
}

func TestOrderRefusals(t *testing.T) {
	for orderBy, hint := range map[string]string{
		`colour`:          `there are: name, customer, role, size, open, make_time, rank`,
		`note`:            `"note" is not a field`,
		`due_time`:        `"due_time" is not a field`,
		`size DESC`:       `"asc" or "desc"`,
		`size desc desc`:  `"asc" or "desc"`,
		`size,`:           `"asc" or "desc"`,
		`size, size desc`: `twice`,
	} {
		_, err := things.Parse(listRequest(t).set("order_by", orderBy))
		requireInvalid(t, "order_by", err)
		require.Contains(t, err.Error(), hint, orderBy)
	}
}

func TestPageSize(t *testing.T) {
	for size, want := range map[int32]int{0: 50, 1: 1, 1000: 1000, 5000: 1000} {
		q, err := things.Parse(listRequest(t).set("page_size", size))
		require.NoError(t, err)
		require.Equal(t, want, q.Size())
	}
	_, err := things.Parse(listRequest(t).set("page_size", int32(-1)))
	requireInvalid(t, "page_size", err)
}
