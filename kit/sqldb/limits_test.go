package sqldb_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// What callers can't do to each other, and what takes too long.

// hold runs a closure that stays in its transaction until release is called.
func hold(t *testing.T, update func(context.Context, string, func(*sqldb.Tx) error) error, fn func(*sqldb.Tx) error) (release func()) {
	inside, released, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- update(t.Context(), "holder", func(tx *sqldb.Tx) error {
			err := fn(tx)
			close(inside)
			<-released
			return err
		})
	}()
	<-inside
	return sync.OnceFunc(func() { close(released); require.NoError(t, <-ended) })
}

func idle(*sqldb.Tx) error { return nil }

func TestOneSlowWriteHoldsNoStrangers(t *testing.T) {
	db := newDB(t, "postgres", func(c *sqldb.Config) { c.Writes = 2 })
	defer hold(t, db.Update, put("slow"))()
	for _, id := range []string{"a", "b", "c"} {
		require.NoError(t, db.Update(t.Context(), "test", put(id)))
		require.NoError(t, db.UpdateShared(t.Context(), "test", put("shared "+id)))
	}
	require.Equal(t, int64(6), number(t, db, "select count(*) from log"))
}

// What is read under a lock stays so until the commit: nobody else's statements are in between.
func TestAClosureDecidesByWhatItHasLocked(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		exec(t, db, "insert into log values ('a', 5)")
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				err := db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
					if _, err := tx.Query("update log set n = n where id = 'a' returning n"); err != nil {
						return err
					}
					rows, err := tx.Query("select n from log where id = 'a'")
					if err != nil {
						return err
					}
					n, err := sqldb.One(rows, scanInt)
					if n > 0 {
						tx.Exec("update log set n = $1 where id = 'a'", n-1)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Zero(t, number(t, db, "select n from log where id = 'a'"))
	})
}

func TestASharedClosureAsksOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect)
		err := db.UpdateShared(t.Context(), "test", func(tx *sqldb.Tx) error {
			if _, err := tx.Query("insert into log values ('a', 1) returning n"); err != nil {
				return err
			}
			_, _ = tx.Query("select n from log")
			return nil
		})
		require.Equal(t, codes.Internal, errs.KindOf(err), err)
		require.Zero(t, number(t, db, "select count(*) from log"))
	})
}

// However busy one use is, the others go on, and readiness has its answer.
func TestNoUseStarvesAnother(t *testing.T) {
	db := newDB(t, "postgres", func(c *sqldb.Config) {
		c.Connections = sqldb.Connections{Writes: 1, Reads: 1, Background: 1, LongReads: 1}
	})
	const slow = "select 1 from pg_sleep(30)"
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer all.Wait()
	defer stop()
	for _, busy := range []*sqldb.DB{db, db.LongReads()} {
		for range 3 {
			all.Go(func() { _, _ = busy.Query(ctx, slow) })
		}
	}
	await(t, func() bool {
		n := int64(0)
		require.NoError(t, db.Update(t.Context(), "look", func(tx *sqldb.Tx) error {
			rows, err := tx.Query("select count(*) from pg_stat_activity where query like '%pg_sleep(30)' and pid <> pg_backend_pid()")
			if err == nil {
				n, err = sqldb.One(rows, scanInt)
			}
			return err
		}))
		return n == 2
	})
	require.NoError(t, db.Update(t.Context(), "test", put("a")), "reads leave the writers their connections")
	release := hold(t, db.Update, idle)
	defer release()
	require.NoError(t, db.Background().Update(t.Context(), "test", put("b")))
	_, err := db.Background().Query(t.Context(), "select 1")
	require.NoError(t, err)
	defer hold(t, db.Background().Update, idle)()
	require.NoError(t, db.Ping(t.Context()))
}

// A statement that takes too long is no outage: its error says so, and the connections are as good as before.
func TestASlowStatementIsNoOutage(t *testing.T) {
	db := newDB(t, "postgres", func(c *sqldb.Config) { c.Statement = 300 * time.Millisecond; c.Transaction = 900 * time.Millisecond })
	const slow, slower = "select 1 from pg_sleep(20)", "select 1 from pg_sleep(0.2)"
	pid := number(t, db, backend)
	for name, fails := range map[string]func() error{
		"a read": func() error { _, err := db.Query(t.Context(), slow); return err },
		"a statement": func() error {
			return db.Update(t.Context(), "test", func(tx *sqldb.Tx) error { tx.Exec(slow); return put("lost")(tx) })
		},
		"a transaction": func() error {
			return db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
				for range 10 {
					tx.Exec(slower)
				}
				return put("lost")(tx)
			})
		},
		"a shared transaction": func() error {
			return db.UpdateShared(t.Context(), "test", func(tx *sqldb.Tx) error { tx.Exec(slow); return put("lost")(tx) })
		},
	} {
		err := fails()
		require.True(t, sqldb.TimedOut(err), "%s: %v", name, err)
		require.Equal(t, codes.DeadlineExceeded, errs.KindOf(err), name)
	}
	require.Equal(t, pid, number(t, db, backend), "no connection was given up")
	require.Zero(t, number(t, db, "select count(*) from log"))
	rows, err := db.LongReads().Query(t.Context(), "select 1 from pg_sleep(0.6)")
	require.NoError(t, err)
	require.Equal(t, 1, rows.Len())
	_, err = db.LongReads().Query(t.Context(), "insert into log values ('no', 1) returning n")
	require.Error(t, err, "it only reads")
}

// A statement that waits for others' rows is neither at fault nor an outage.
func TestWaitingForRowsIsTold(t *testing.T) {
	db := newDB(t, "postgres", func(c *sqldb.Config) { c.Lock = 200 * time.Millisecond })
	defer hold(t, db.Update, func(tx *sqldb.Tx) error {
		_, err := tx.Query("insert into log values ('a', 1) returning n")
		return err
	})()
	err := db.Background().Update(t.Context(), "test", put("a"))
	require.True(t, sqldb.Locked(err), err)
	require.False(t, sqldb.TimedOut(err))
	require.Equal(t, codes.Unavailable, errs.KindOf(err))
}

func TestASlowReadOfAFileTimesOut(t *testing.T) {
	db := newDB(t, "sqlite", func(c *sqldb.Config) { c.Statement = 100 * time.Millisecond })
	_, err := db.Query(t.Context(), "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n")
	require.True(t, sqldb.TimedOut(err), err)
	require.Equal(t, codes.DeadlineExceeded, errs.KindOf(err))
	require.Zero(t, number(t, db, "select count(*) from log"))
}
