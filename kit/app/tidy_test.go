package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/id"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
)

func TestMain(m *testing.M) { kittest.Main(m) }

const day = 24 * time.Hour

// remember writes events that were published and taken in, and answers, each age ago: so many of each.
func remember(t *testing.T, db *sqldb.DB, now time.Time, age time.Duration, many int) {
	t.Helper()
	var events, heard, answers [][]any
	for n := range many {
		at := now.Add(-age).Add(time.Duration(n) * time.Millisecond)
		key := id.Floor(at)[:24] + fmt.Sprintf("%012d", n)
		events = append(events, []any{key, false, "", "", int64(1), int64(1), "", []byte{}})
		heard = append(heard, []any{key, "h"})
		answers = append(answers, []any{"", "", key, []byte{}, []byte{}, at.UnixMicro()})
	}
	require.NoError(t, db.Update(t.Context(), "remember", func(tx *sqldb.Tx) error {
		for chunk := range slices.Chunk(events, 1000) {
			tx.ExecValues(`insert into outbox (id, pending, type, subject, version, time, traceparent, data) values`, chunk, "")
		}
		for chunk := range slices.Chunk(heard, 1000) {
			tx.ExecValues(`insert into inbox (id, handler) values`, chunk, "")
		}
		for chunk := range slices.Chunk(answers, 1000) {
			tx.ExecValues(`insert into idempotency (caller, method, key, hash, response, created) values`, chunk, "")
		}
		return nil
	}))
}

func left(t *testing.T, db *sqldb.DB) [3]int64 {
	t.Helper()
	return [3]int64{
		kittest.Number(t, db, `select count(*) from outbox`), kittest.Number(t, db, `select count(*) from inbox`),
		kittest.Number(t, db, `select count(*) from idempotency`),
	}
}

func TestWhatIsPastItsTimeGoes(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Now()
		for _, age := range []time.Duration{time.Hour, 25 * time.Hour, 8 * day, 15 * day} {
			remember(t, db, now, age, 10)
		}
		kittest.Exec(t, db, `update outbox set pending = true where id < $1`, id.Floor(now.Add(-14*day)))
		require.NoError(t, tidyOnce(t.Context(), db, now))
		require.Equal(t, [3]int64{30, 30, 10}, left(t, db), "seven days of events, and all that wait; fourteen of what was taken in; a day of answers")
	})
}

// TestWhatWasTakenInIsKept: while older events are published again, nothing may forget that it has had them.
func TestWhatWasTakenInIsKept(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Now()
		remember(t, db, now, 20*day, 10)
		require.NoError(t, KeepInbox(t.Context(), db, now.Add(7*day)))
		require.NoError(t, KeepInbox(t.Context(), db, now.Add(day)), "which does not shorten it")
		require.NoError(t, tidyOnce(t.Context(), db, now))
		require.Equal(t, [3]int64{0, 10, 0}, left(t, db))
		require.NoError(t, tidyOnce(t.Context(), db, now.Add(7*day+time.Second)))
		require.Equal(t, [3]int64{0, 0, 0}, left(t, db))
	})
}

// TestRowsGoInSmallBatches: however many there are, no transaction deletes more than so many. PostgreSQL can count them.
func TestRowsGoInSmallBatches(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Now()
		remember(t, db, now, 20*day, 2*tidyAtOnce+1)
		if db.Dialect() == "postgres" {
			kittest.Exec(t, db, `create table batch (size bigint not null)`)
			kittest.Exec(t, db, `create function note() returns trigger language plpgsql as
				$$ begin insert into batch select count(*) from gone; return null; end $$`)
			kittest.Exec(t, db, `create trigger note after delete on outbox referencing old table as gone for each statement execute function note()`)
		}
		require.NoError(t, tidyOnce(t.Context(), db, now))
		require.Equal(t, [3]int64{0, 0, 0}, left(t, db))
		if db.Dialect() == "postgres" {
			require.EqualValues(t, tidyAtOnce, kittest.Number(t, db, `select max(size) from batch`))
			require.EqualValues(t, 3, kittest.Number(t, db, `select count(*) from batch`))
		}
	})
}

// TestOldRowsAreFoundByIndex: whatever else is in the tables, a batch reads no more than it deletes.
func TestOldRowsAreFoundByIndex(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Now()
		remember(t, db, now, 20*day, 500)
		remember(t, db, now, time.Hour, 20000)
		explain := "explain query plan "
		if db.Dialect() == "postgres" {
			explain = "explain "
			kittest.Exec(t, db, "analyze")
		}
		bound, created := id.Floor(now.Add(-15*day)), now.Add(-day).UnixMicro()
		for text, args := range map[string][]any{
			pastOutbox.oldest: {"", bound, 1000}, pastInbox.oldest: {"", bound, 1000}, pastIdempotency.oldest: {0, created, 1000},
			pastOutbox.remove: {"", bound}, pastInbox.remove: {"", bound}, pastIdempotency.remove: {0, created},
		} {
			plan := planOf(t, db, explain+text, args...)
			require.NotContains(t, plan, "Seq Scan")
			require.NotContains(t, strings.ReplaceAll(plan, "SCAN oldest", ""), "SCAN")
			require.NotContains(t, plan, "TEMP B-TREE")
			require.NotContains(t, plan, "Sort")
		}
	})
}

func planOf(t *testing.T, db *sqldb.DB, text string, args ...any) string {
	t.Helper()
	rows, err := db.Query(t.Context(), text, args...)
	require.NoError(t, err)
	lines, err := sqldb.All(rows, func(r *sqldb.Rows) (line string, err error) {
		if db.Dialect() == "postgres" {
			return line, r.Scan(&line)
		}
		var a, b, c int64
		return line, r.Scan(&a, &b, &c, &line)
	})
	require.NoError(t, err)
	return strings.Join(lines, "\n")
}

// TestQueuesAreVacuumedOften: by default a day's events would be dead before PostgreSQL made room of them.
func TestQueuesAreVacuumedOften(t *testing.T) {
	db := kittest.Open(t, kittest.NewURL(t, "postgres"))
	for _, table := range []string{"outbox", "inbox", "idempotency"} {
		require.EqualValues(t, 1, kittest.Number(t, db, `
			select count(*) from pg_class where oid = to_regclass($1) and 'autovacuum_vacuum_scale_factor=0.02' = any(reloptions)`, table), table)
	}
}

// A bus that has lost more than the window is given the window: no publication before it need be known.
func TestOldPublicationsGo(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Now()
		for _, age := range []time.Duration{time.Hour, 6 * day, 8 * day} {
			kittest.Exec(t, db, `insert into publication (number, lowest) values ($1, '')`, now.Add(-age).UnixMicro())
		}
		require.NoError(t, tidyOnce(t.Context(), db, now))
		require.EqualValues(t, 2, kittest.Number(t, db, `select count(*) from publication`))
	})
}

func TestOldAuditEntriesGo(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Now()
		for _, age := range []time.Duration{day, 399 * day, 401 * day} {
			at := now.Add(-age)
			kittest.Exec(t, db, `insert into audit (id, time, principal, role, method, action, resource, subject) values ($1, $2, '', 0, '', 1, '', '')`,
				id.Floor(at), at.UnixMicro())
		}
		require.NoError(t, tidyOnce(t.Context(), db, now))
		require.EqualValues(t, 2, kittest.Number(t, db, `select count(*) from audit`))
	})
}
