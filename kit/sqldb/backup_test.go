package sqldb_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kept.dev/kit/sqldb"
)

const addLog = `insert into log (id, n) values ($1, $2)`

func rowsIn(t *testing.T, s *sqldb.Snapshot, table string) int64 {
	t.Helper()
	n, err := s.Count(t.Context(), table)
	require.NoError(t, err)
	return n
}

// TestSnapshotsAreOfOneMoment: every row is written to the first database and then to the second, so the second never has
// more.
func TestSnapshotsAreOfOneMoment(t *testing.T) {
	first, second := newDB(t, "sqlite"), newDB(t, "sqlite")
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for ctx.Err() == nil {
				exec(t, first, addLog, uuid.NewString(), 1)
				exec(t, second, addLog, uuid.NewString(), 1)
			}
		})
	}
	defer writers.Wait()
	defer stop()
	idle := slices.Repeat([]*sqldb.DB{newDB(t, "sqlite")}, 50) // in between, so that there is time to go wrong in
	for range 20 {
		all, err := sqldb.Snapshots(t.Context(), slices.Concat([]*sqldb.DB{first}, idle, []*sqldb.DB{second})...)
		require.NoError(t, err)
		cause, effect := rowsIn(t, all[0], "log"), rowsIn(t, all[len(all)-1], "log")
		for _, s := range all {
			s.Close()
		}
		require.LessOrEqual(t, effect, cause, "what followed is there, and what it followed from is not")
	}
}

// TestSnapshotsHoldAllWriters: while the transaction of one database is waited for, nobody writes to another any more.
// Databases are held in the order of their paths.
func TestSnapshotsHoldAllWriters(t *testing.T) {
	first, second := newDB(t, "sqlite"), newDB(t, "sqlite")
	begun, end := make(chan struct{}), make(chan struct{})
	finish := sync.OnceFunc(func() { close(end) })
	defer finish()
	slow := make(chan error, 1)
	go func() {
		slow <- second.Update(t.Context(), "slow", func(tx *sqldb.Tx) error {
			close(begun)
			<-end
			tx.Exec(addLog, "slow", 1)
			return nil
		})
	}()
	<-begun
	taken := make(chan []*sqldb.Snapshot, 1)
	go func() {
		both, err := sqldb.Snapshots(t.Context(), second, first)
		if err == nil {
			taken <- both
		}
		close(taken)
	}()
	require.Eventually(t, first.Held, 5*time.Second, time.Millisecond)
	late := make(chan error, 1)
	go func() {
		late <- first.Update(t.Context(), "late", func(tx *sqldb.Tx) error { tx.Exec(addLog, "late", 1); return nil })
	}()
	require.Never(t, func() bool { return len(late)+len(taken) > 0 }, 50*time.Millisecond, 5*time.Millisecond)
	finish()
	both := <-taken
	require.Len(t, both, 2)
	require.NoError(t, <-slow)
	require.NoError(t, <-late)
	require.Equal(t, []int64{1, 0}, []int64{rowsIn(t, both[0], "log"), rowsIn(t, both[1], "log")})
	both[0].Close()
	both[1].Close()
}

// TestACopyIsOfItsMoment: what is written after the snapshot is not in the copy, which is sound and can be written to.
func TestACopyIsOfItsMoment(t *testing.T) {
	db := newDB(t, "sqlite")
	for range 100 {
		exec(t, db, addLog, uuid.NewString(), 1)
	}
	taken, err := sqldb.Snapshots(t.Context(), db)
	require.NoError(t, err)
	for range 100 {
		exec(t, db, addLog, uuid.NewString(), 1)
	}
	path := filepath.Join(t.TempDir(), "a copy?%.db")
	require.NoError(t, taken[0].CopyTo(t.Context(), path))
	taken[0].Close()
	copied := open(t, sqldb.Config{URL: "sqlite:" + path})
	require.EqualValues(t, 100, number(t, copied, `select count(*) from log`))
	require.EqualValues(t, 200, number(t, db, `select count(*) from log`))
	rows, err := copied.Query(t.Context(), `pragma integrity_check`)
	require.NoError(t, err)
	sound, err := sqldb.One(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
	require.NoError(t, err)
	require.Equal(t, "ok", sound)
	exec(t, copied, addLog, "more", 1)
}

func TestPostgresHasNoSnapshotsWithin(t *testing.T) {
	_, err := sqldb.Snapshots(t.Context(), newDB(t, "sqlite"), newDB(t, "postgres"))
	require.ErrorContains(t, err, "pg_dump")
}
