package contract_test

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver of the suite's files

	"kept.dev/kit/id"
	"kept.dev/suite/embedded"
)

// database looks into the tables of the suite from outside, to see what calls have changed.
type database struct{ services map[string]*sql.DB }

func openDatabase(t testing.TB, dir string) *database {
	d := &database{services: map[string]*sql.DB{}}
	for name := range embedded.Services() {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, name+".db")+"?_pragma=busy_timeout(10000)")
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		d.services[name] = db
	}
	return d
}

// table is what a table holds: how many rows, and a hash of all of them.
type table struct {
	rows int
	hash string
}

// tables are all tables of all services as they are now, but for what changes by itself: leases, the noted event handlers, the
// audit (an answer that is given again counts as read), and whether an event is about to be published again. The fixture has to be
// settled.
func (d *database) tables(t testing.TB) map[string]table {
	all := map[string]table{}
	for service, db := range d.services {
		for _, row := range query(t, db, `select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`) {
			if row == "lease" || row == "event_handler" || row == "audit" {
				continue
			}
			columns := "*"
			if row == "outbox" {
				columns = "id, type, subject, version, time, actor_role, actor, traceparent, data"
			}
			rows := query(t, db, `select `+columns+` from `+row)
			slices.Sort(rows)
			all[service+"."+row] = table{len(rows), fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(rows, "\n"))))}
		}
	}
	return all
}

// added is how many rows each table has more than before. How many a text is found by depends on its words.
func added(before, after map[string]table) map[string]int {
	more := map[string]int{}
	for name := range after {
		if n := after[name].rows - before[name].rows; n != 0 && !strings.HasSuffix(name, ".search_term") && !strings.HasSuffix(name, ".search_gram") {
			more[name] = n
		}
	}
	return more
}

// query returns each row as one text.
func query(t testing.TB, db *sql.DB, text string) []string {
	rows, err := db.QueryContext(t.Context(), text)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var all []string
	for rows.Next() {
		require.NoError(t, rows.Scan(into...))
		all = append(all, strings.TrimSuffix(fmt.Sprintln(values...), "\n"))
	}
	require.NoError(t, rows.Err())
	return all
}

// deadLetter puts a timer aside as if it had failed, and returns its name. It is about a promise that does not exist, so
// that it does no harm when it is replayed.
func (w *fixture) deadLetter() string {
	key := id.New()
	_, err := w.data.services[opsAt].ExecContext(w.t.Context(), `
		insert into timer (kind, key, due, payload, traceparent, attempts, parked, failed, error)
		values ('promise.unanswered', ?, 0, x'', '', 15, true, 1, 'broken')`, key)
	require.NoError(w.t, err)
	return "services/" + opsAt + "/deadLetters/promise.unanswered." + key
}
