package sqldb_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/sqldb"
)

// TestValues inserts any number of rows, some of them twice: each is there once, and was told of once.
func TestValues(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		rapid.Check(t, func(r *rapid.T) {
			count := rapid.IntRange(0, 1500).Draw(r, "rows")
			rows := make([][]any, count)
			for i := range rows {
				rows[i] = []any{int64(i), int64(i % 7), fmt.Sprint("note ", i)}
			}
			again := rapid.IntRange(0, count).Draw(r, "of them before")
			require.NoError(r, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
				tx.Exec(`delete from note`)
				tx.ExecValues(`insert into note (number, part, body) values`, rows[:again], "")
				told, err := tx.BatchValues(`insert into note (number, part, body) values`, rows, "on conflict (number, part) do nothing returning number")
				require.NoError(r, err)
				require.Equal(r, count-again, told.Len())
				for i := again; told.Next(); i++ {
					var id int64
					require.NoError(r, told.Scan(&id))
					require.EqualValues(r, i, id, "in their order")
				}
				return nil
			}))
			there, err := db.Query(t.Context(), `select body from note where body = 'note ' || number and part = number % 7`)
			require.NoError(r, err)
			require.Equal(r, count, there.Len())
		})
	})
}

func TestValuesNeedFewStatements(t *testing.T) {
	rows := make([][]any, 1000)
	for i := range rows {
		rows[i] = []any{i, i, i, i}
	}
	require.Len(t, sqldb.Values("insert into x values", rows, ""), 3+4, "256 at a time, and 128 + 64 + 32 + 8")
	require.Empty(t, sqldb.Values("insert into x values", nil, ""))
}
