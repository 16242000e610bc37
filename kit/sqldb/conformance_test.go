package sqldb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// What a single caller sees. It is the same on both databases.

func TestExecTravelsWithTheNextQuery(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		err := db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.Exec("insert into nowhere values (1)")
			tx.Exec("insert into log values ('a', 1)")
			_, err := tx.Query("select 1")
			require.ErrorContains(t, err, "nowhere")
			return err
		})
		require.ErrorContains(t, err, "nowhere")
		require.Zero(t, number(t, db, "select count(*) from log"))
	})
}

func TestOwnWritesAreSeenInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ($1, $2)", "a", 1)
			tx.Exec("update log set n = n * 10 + $2 where id = $1", "a", 2)
			tx.Exec("update log set n = n * 10 + $2 where id = $1", "a", 3)
			rows, err := tx.Query("select n from log where id = $1", "a")
			require.NoError(t, err)
			n, err := sqldb.One(rows, scanInt)
			require.Equal(t, int64(123), n)
			tx.Exec("update log set n = $1 where n = $2 and id = $3", n+1, n, "a")
			return err
		}))
		require.Equal(t, int64(124), number(t, db, "select n from log"))
	})
}

func scanInt(r *sqldb.Rows) (n int64, err error) {
	err = r.Scan(&n)
	return n, err
}

func TestEveryTypeComesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		type state string
		text, whole, yes := "späť", int64(-1<<63), true
		exec(t, db, "insert into kinds values ($1, $2, $3, $4, $5)", 1, state("späť"), whole, true, []byte{0, 255})
		exec(t, db, "insert into kinds values ($1, $2, $3, $4, $5)", int64(2), nil, nil, nil, nil)
		exec(t, db, "insert into kinds values ($1, $2, $3, $4, $5)", int32(3), &text, &whole, &yes, []byte(nil))
		exec(t, db, "insert into kinds values ($1, $2, $3, $4, $5)", 4, (*string)(nil), (*int64)(nil), (*bool)(nil), []byte{})
		rows, err := db.Query(t.Context(), "select s, n, b, d from kinds order by id")
		require.NoError(t, err)
		require.Equal(t, 4, rows.Len())
		for _, want := range []struct {
			set  bool
			data []byte
		}{{true, []byte{0, 255}}, {false, nil}, {true, nil}, {false, nil}} {
			var s string
			var ps *string
			var n int64
			var pn *int64
			var b bool
			var pb *bool
			var d []byte
			require.True(t, rows.Next())
			require.NoError(t, rows.Scan(&s, &n, &b, &d))
			require.NoError(t, rows.Scan(&ps, &pn, &pb, &d))
			require.Equal(t, want.set, ps != nil && pn != nil && pb != nil)
			require.True(t, string(d) == string(want.data))
			if want.set {
				require.Equal(t, []any{text, whole, true}, []any{s, n, b})
				require.Equal(t, []any{text, whole, true}, []any{*ps, *pn, *pb})
			} else {
				require.Equal(t, []any{"", int64(0), false}, []any{s, n, b})
			}
		}
		require.False(t, rows.Next())
	})
}

func TestNumbersFitOrFail(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		exec(t, db, "insert into kinds (id, n) values (1, 3000000000), (2, 4)")
		rows, err := db.Query(t.Context(), "select sum(n), n, avg(n) from kinds group by id, n order by id")
		require.NoError(t, err)
		require.True(t, rows.Next())
		var total int64
		var small int32
		var unsigned uint32
		var average float64
		require.ErrorContains(t, rows.Scan(&total, &small, &average), "does not fit")
		require.NoError(t, rows.Scan(&total, &unsigned, &average))
		require.Equal(t, int64(3000000000), total)
		require.Equal(t, uint32(3000000000), unsigned)
		require.InDelta(t, 3e9, average, 0)
		require.Error(t, rows.Scan(&total))
		var s string
		require.Error(t, rows.Scan(&total, &s, &average))
	})
}

func TestBatchAnswersEachQuery(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		queries := func() []*sqldb.Stmt {
			return []*sqldb.Stmt{sqldb.Q("select count(*) from log"), sqldb.Q("select id from log where n > $1 order by id", 1),
				sqldb.Q("with seen(x) as (select n from log) select x from seen order by x")}
		}
		lens := func(rows []*sqldb.Rows) (out []int) {
			for _, r := range rows {
				out = append(out, r.Len())
			}
			return out
		}
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			for _, id := range []string{"a", "b", "c"} {
				tx.Exec("insert into log values ($1, $2)", id, int(id[0]-'a'+1))
			}
			rows, err := tx.Batch(queries()...)
			require.NoError(t, err)
			require.Equal(t, []int{1, 2, 3}, lens(rows))
			rows, err = tx.Batch(sqldb.Q("update log set n = n + 1 returning n"))
			require.NoError(t, err)
			require.Equal(t, []int{3}, lens(rows))
			return nil
		}))
		rows, err := db.Batch(t.Context(), queries()...)
		require.NoError(t, err)
		require.Equal(t, []int{1, 3, 3}, lens(rows))
		_, err = sqldb.One(rows[0], scanInt)
		require.NoError(t, err)
		_, err = sqldb.One(rows[0], scanInt)
		require.ErrorIs(t, err, sqldb.ErrNoRow)
	})
}

func TestConstraintsHaveTheSameNames(t *testing.T) {
	const insert = "insert into item (id, number, shelf, place, active, label) values ($1, $2, $3, $4, $5, $6)"
	cases := []struct {
		name, sql string
		args      []any
	}{
		{"held_within", "update stock set held = 11 where id = 'a'", nil},
		{"held_positive", "update stock set held = held - 1 where id = 'a'", nil},
		{"stock_pkey", "insert into stock (id, on_hand) values ('a', 1)", nil},
		{"stock.on_hand", "update stock set on_hand = null", nil},
		{"item_key", insert, []any{"1", 2, "x", 9, false, "b"}},
		{"item_number_taken", insert, []any{"2", 1, "x", 9, false, "b"}},
		{"item_place", insert, []any{"2", 2, "s", 1, false, "b"}},
		{"item_active", insert, []any{"2", 2, "s", 2, true, "b"}},
		{"item_label_key", insert, []any{"2", 2, "s", 2, false, "l"}},
		{"note_folded", "insert into note values (2, 1, 'B')", nil},
		{"item.label", insert, []any{"2", 2, "s", 2, false, nil}},
		{"note_pkey", "insert into note values (1, 1, 'again')", nil},
		{"amount_range", "insert into money values ('a', $1)", []any{int64(9_000_000_000_000_001)}},
		{"amount_range", "insert into money values ('a', $1)", []any{int64(-9_000_000_000_000_001)}},
	}
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		exec(t, db, "insert into stock (id, on_hand) values ('a', 10)")
		exec(t, db, insert, "1", 1, "s", 1, true, "l")
		exec(t, db, "insert into note values (1, 1, 'b')")
		for _, c := range cases {
			err := db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
				tx.Exec(c.sql, c.args...)
				return nil
			})
			var broken *sqldb.ConstraintError
			require.ErrorAs(t, err, &broken, c.name)
			require.Equal(t, c.name, broken.Name)
			require.True(t, sqldb.Violates(err, c.name))
		}
	})
}

func TestTextIsNoMoney(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		err := db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.Exec("insert into money values ('a', $1)", "plenty")
			return nil
		})
		require.Error(t, err)
		if dialect == "sqlite" { // PostgreSQL does not even send it
			require.True(t, sqldb.Violates(err, "amount_range"), err)
		}
		exec(t, db, "insert into money values ('b', $1)", int64(9_000_000_000_000_000))
		err = db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.Exec("update money set amount = amount * 2000")
			return nil
		})
		require.Error(t, err)
		require.Equal(t, int64(9_000_000_000_000_000), number(t, db, "select sum(amount) from money"))
	})
}

func TestRefuseNamesTheReason(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		exec(t, db, "insert into stock (id, on_hand) values ('a', 1)")
		soldOut := errs.Refused("SOLD_OUT", "nothing is left")
		hold := func(tx *sqldb.Tx) {
			tx.Exec("update stock set held = held + 1 where id = 'a'").
				Refuse("held_positive", errors.New("another")).Refuse("held_within", soldOut)
		}
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error { hold(tx); return nil }))
		require.ErrorIs(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error { hold(tx); return nil }), soldOut)
		require.ErrorIs(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			hold(tx)
			_, err := tx.Query("select 1")
			return err
		}), soldOut)
	})
}

func TestAFailedStatementFailsTheClosure(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		exec(t, db, "insert into log values ('taken', 1)")
		swallow := func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ('mine', 2)")
			_, err := tx.Query("insert into log values ('taken', 3) returning n")
			require.Error(t, err)
			_, again := tx.Query("select 1")
			require.Equal(t, err, again)
			tx.Exec("insert into log values ('later', 3)")
			return nil
		}
		for _, update := range []func() error{
			func() error { return db.Update(t.Context(), "test", swallow) },
			func() error { return db.UpdateShared(t.Context(), "test", swallow) },
			func() error { return db.Background().Update(t.Context(), "test", swallow) },
		} {
			require.True(t, sqldb.Violates(update(), "log_pkey"))
			require.Equal(t, int64(1), number(t, db, "select count(*) from log"))
		}
	})
}

func TestTheClosureMayRewordAFailure(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		exec(t, db, "insert into log values ('taken', 1)")
		taken := errs.AlreadyExists("logs/taken")
		err := db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			if _, err := tx.Query("insert into log values ('taken', 3) returning n"); sqldb.Violates(err, "log_pkey") {
				return taken
			}
			return nil
		})
		require.Equal(t, error(taken), err)
	})
}

func TestAClosuresOwnErrorUndoesItsWrites(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		mine := errors.New("I have thought better of it")
		err := db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ('a', 1)")
			_, err := tx.Query("select 1")
			require.NoError(t, err)
			tx.AfterCommit(func() { t.Error("nothing was committed") })
			return mine
		})
		require.Equal(t, mine, err)
		require.Zero(t, number(t, db, "select count(*) from log"))
	})
}

func TestHotStatementsRunLast(t *testing.T) {
	const note = "insert into log select $1, coalesce(max(n), 0) + 1 from log"
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		done := false
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.AfterCommit(func() { done = true })
			tx.Exec(note, "hot c").Hot("c")
			tx.Exec(note, "hot a").Hot("a")
			tx.Exec(note, "cold 1")
			tx.Exec(note, "hot b").Hot("b")
			tx.Exec(note, "cold 2")
			return nil
		}))
		require.True(t, done)
		require.Equal(t, "cold 1, cold 2, hot a, hot b, hot c", ids(t, db))
	})
}

func ids(t *testing.T, db *sqldb.DB) string {
	rows, err := db.Query(t.Context(), "select id from log order by n, id")
	require.NoError(t, err)
	all, err := sqldb.All(rows, func(r *sqldb.Rows) (s string, err error) {
		err = r.Scan(&s)
		return s, err
	})
	require.NoError(t, err)
	return strings.Join(all, ", ")
}

func TestListHoldsItsValues(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		exec(t, db, "insert into log values ('a', 1), ('b', 1), ('c', 1), ('d', 1)")
		for n, values := range [][]string{{}, {"a"}, {"a", "b"}, {"a", "b", "c"}, {"a", "b", "c", "d"}} {
			text, args := sqldb.List(2, values)
			require.Equal(t, int64(n), number(t, db, "select count(*) from log where n = $1 and id in "+text, append([]any{1}, args...)...))
		}
	})
}

func TestDeclaredKeys(t *testing.T) {
	require.Equal(t, map[string]string{"a": "one", "b": "two", "c, d": "three"}, sqldb.DeclaredKeys(`create table "t" (
		a text not null constraint one primary key, -- constraint no unique (x)
		"b" numeric(3, 2) constraint low check (b > 0) constraint two unique,
		c text check (c in ('x', 'y')), d text,
		constraint three unique ("c" desc, d))`))
}
