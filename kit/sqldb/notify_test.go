package sqldb_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/sqldb"
)

func TestListenersHearOfWhatIsDurable(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		heard := map[string][]time.Time{}
		hear := func(topic string) func(time.Time) {
			return func(at time.Time) {
				require.EqualValues(t, 1, number(t, db, "select count(*) from log"), "it is there already")
				heard[topic] = append(heard[topic], at)
			}
		}
		db.Listen("a", hear("a"))
		db.Listen("a", hear("a too"))
		db.Listen("b", hear("b"))
		require.Error(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.Notify("a", noon)
			return errors.New("no")
		}))
		require.NoError(t, db.Background().Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ('a', 1)")
			tx.Notify("a", noon.Add(time.Hour))
			tx.Notify("a", noon)
			tx.Notify("a", noon.Add(time.Minute))
			tx.Notify("nobody listens", noon)
			return nil
		}))
		require.Equal(t, map[string][]time.Time{"a": {noon}, "a too": {noon}}, heard)
	})
}
