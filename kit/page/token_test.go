package page_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"
)

func tokenOf(t testing.TB, req request, values ...any) string {
	q, err := things.Parse(req)
	require.NoError(t, err)
	token, err := q.Next(values...)
	require.NoError(t, err)
	return token
}

func TestTokenStartsAfterItsRow(t *testing.T) {
	req := listRequest(t)
	token := tokenOf(t, req, int64(77), "row")
	sql, args := sqlOf(t, req.set("page_token", token).set("page_size", int32(7)))
	require.Contains(t, sql, "where (make_time, id) < ($1, $2)\n")
	require.Equal(t, []any{int64(77), "row", int64(8)}, args)
}

func TestTokenOfMixedDirections(t *testing.T) {
	req := listRequest(t).set("order_by", "open desc, make_time")
	sql, args := sqlOf(t, req.set("page_token", tokenOf(t, req, true, int64(5), "row")))
	require.Contains(t, sql,
		"where (open <= $1 and (open < $2 or (open = $3 and (make_time > $4 or (make_time = $5 and id > $6)))))\n")
	require.Equal(t, []any{true, true, true, int64(5), int64(5), "row", int64(51)}, args)
}

func TestTokenFitsItsRequestOnly(t *testing.T) {
	req := listRequest(t).set("parent", "customers/a")
	token := tokenOf(t, req, int64(77), "row")
	_, err := things.Parse(req.set("page_token", token).set("page_size", int32(3)))
	require.NoError(t, err)

	for name, other := range map[string]request{
		"parent":   req.set("parent", "customers/b"),
		"filter":   req.set("filter", "open"),
		"order_by": req.set("order_by", "make_time"),
		"listing":  req.set("order_by", "size desc"),
	} {
		_, err := things.Parse(other.set("page_token", token))
		requireInvalid(t, "page_token", err)
		require.Contains(t, err.Error(), "other fields", name)
	}
}

func TestTokenOfAnotherDefaultOrder(t *testing.T) {
	token := tokenOf(t, listRequest(t), int64(77), "row")
	changed := things
	changed.DefaultOrder = "size desc"
	_, err := changed.Parse(listRequest(t).set("page_token", token))
	requireInvalid(t, "page_token", err)
}

func TestDamagedToken(t *testing.T) {
	req := listRequest(t)
	token := tokenOf(t, req, int64(77), "row")
	damaged := []string{"x", "%", token + "A", token[:len(token)-1], token + "\n", token + "=", " " + token}
	for i := range token {
		other := byte('A')
		if token[i] == other {
			other = 'B'
		}
		damaged = append(damaged, token[:i]+string(other)+token[i+1:])
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	damaged = append(damaged, base64.StdEncoding.EncodeToString(raw)+"==")
	for _, d := range damaged {
		_, err := things.Parse(req.set("page_token", d))
		requireInvalid(t, "page_token", err)
	}
}

func TestNextRefusesWhatItCannotHold(t *testing.T) {
	q, err := things.Parse(listRequest(t))
	require.NoError(t, err)
	for _, values := range [][]any{{int64(1)}, {int64(1), 2}, {"1", "row"}, {true, "row"}, {int64(1), "row", "more"}} {
		_, err := q.Next(values...)
		require.Error(t, err, values)
	}
}
