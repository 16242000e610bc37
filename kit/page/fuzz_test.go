package page_test

import (
	"database/sql"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the judge of our SQL
)

// judge is an empty table of things: it tells whether SQLite takes a statement.
func judge(t testing.TB) *sql.DB {
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	_, err = db.Exec(createThings)
	require.NoError(t, err)
	return db
}

// requireSQLOrRefusal wants what SQLite accepts, or an INVALID_ARGUMENT about that field.
func requireSQLOrRefusal(t *testing.T, db *sql.DB, field string, req request) {
	q, err := things.Parse(req)
	if err != nil {
		requireInvalid(t, field, err)
		return
	}
	text, args := q.SQL(selectThings)
	rows, err := db.Query(text, args...)
	require.NoError(t, err, text)
	require.NoError(t, rows.Close())
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		`open AND size = 1 OR NOT (role = ROLE_AGENT)`, `make_time < "2026-12-01T12:00:00.5+01:00"`, `due_time != "x"`,
		`customer = customers/a AND note >= 'it\'s'`, `-size = -3`, `NOT(open)`, `AND(open, open)`, `f(f(f((g(`, `a.b.c:d e`,
		`OR(open)`, `NOT()`, `size = 0x10`, `size = 1.5`, "\"", `(((`,
	} {
		f.Add(seed)
	}
	db, req := judge(f), listRequest(f)
	f.Fuzz(func(t *testing.T, text string) { requireSQLOrRefusal(t, db, "filter", req.set("filter", text)) })
}

func FuzzOrderBy(f *testing.F) {
	for _, seed := range []string{``, `size`, `size desc, make_time asc`, `size, name`, `,`, `size  desc , open`, `due_time`} {
		f.Add(seed)
	}
	db, req := judge(f), listRequest(f)
	f.Fuzz(func(t *testing.T, text string) { requireSQLOrRefusal(t, db, "order_by", req.set("order_by", text)) })
}

// FuzzPageToken also gives the keys a checksum that fits, as a forger would, to get at the decoder behind it.
func FuzzPageToken(f *testing.F) {
	req := listRequest(f).set("order_by", "open desc, size, customer")
	f.Add(tokenOf(f, req, true, int64(-5), "a", "row"), []byte{1, 9, 1, 'a', 0})
	f.Add("", []byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add("AAAA", []byte{1, 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 'x'})
	f.Add("====", []byte{1, 2, 1, 0, 1, 'x'})
	db := judge(f)
	q, err := things.Parse(req)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, token string, keys []byte) {
		requireSQLOrRefusal(t, db, "page_token", req.set("page_token", token))
		forged := base64.RawURLEncoding.EncodeToString(append(q.Sum(keys), keys...))
		requireSQLOrRefusal(t, db, "page_token", req.set("page_token", forged))
	})
}
