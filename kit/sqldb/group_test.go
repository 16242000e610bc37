package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
)

// What callers do to each other who share a transaction.

// crowd holds the only writer until a number of callers wait, so that they become one group.
type crowd struct {
	t       *testing.T
	db      *sqldb.DB
	release chan struct{}
	joined  []*outcome
}

type outcome struct {
	err  error
	done chan struct{}
}

func holdWriter(t *testing.T, db *sqldb.DB) *crowd {
	c := &crowd{t: t, db: db, release: make(chan struct{})}
	started := make(chan struct{})
	go func() {
		_ = db.UpdateShared(t.Context(), "holder", func(*sqldb.Tx) error {
			close(started)
			<-c.release
			return nil
		})
	}()
	<-started
	return c
}

// join queues one more caller and returns when it is in the queue, so that the order is known.
func (c *crowd) join(ctx context.Context, fn func(tx *sqldb.Tx) error) *outcome {
	o := &outcome{done: make(chan struct{})}
	c.joined = append(c.joined, o)
	go func() {
		defer close(o.done)
		defer func() {
			if p := recover(); p != nil {
				o.err = fmt.Errorf("panic: %v", p)
			}
		}()
		o.err = c.db.UpdateShared(ctx, "joined", fn)
	}()
	await(c.t, func() bool { return c.db.Waiting() == len(c.joined) })
	return o
}

// run lets the group run and waits for everybody.
func (c *crowd) run() {
	close(c.release)
	for _, o := range c.joined {
		<-o.done
	}
}

func await(t *testing.T, done func() bool) {
	require.Eventually(t, done, 20*time.Second, time.Millisecond)
}

func put(id string) func(tx *sqldb.Tx) error {
	return func(tx *sqldb.Tx) error {
		tx.Exec("insert into log values ($1, 1)", id)
		return nil
	}
}

func TestFailuresHarmNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect, oneWriter)
		exec(t, db, "insert into log values ('taken', 1)")
		mine := errors.New("my own")
		group := holdWriter(t, db)
		first := group.join(t.Context(), put("a"))
		refused := group.join(t.Context(), func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ('lost 1', 1)")
			tx.Exec("insert into log values ('taken', 1)")
			return nil
		})
		wrong := group.join(t.Context(), func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ('lost 2', 1)")
			tx.Exec("insert into nowhere values (1)")
			return nil
		})
		changed := group.join(t.Context(), func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ('lost 3', 1)")
			_, err := tx.Query("select 1")
			return errors.Join(err, mine)
		})
		early := group.join(t.Context(), func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ('lost 4', 1)")
			return mine
		})
		panics := group.join(t.Context(), func(tx *sqldb.Tx) error {
			tx.Exec("insert into log values ('lost 5', 1)")
			_, err := tx.Query("select 1")
			panic(fmt.Sprint("oh ", err))
		})
		quick := group.join(t.Context(), func(tx *sqldb.Tx) error { panic("at once") })
		last := group.join(t.Context(), func(tx *sqldb.Tx) error {
			rows, err := tx.Query("select count(*) from log")
			if err == nil {
				_, err = sqldb.One(rows, scanInt)
			}
			tx.Exec("insert into log values ('b', 2)")
			return err
		})
		group.run()
		require.NoError(t, first.err)
		require.True(t, sqldb.Violates(refused.err, "log_pkey"))
		require.ErrorContains(t, wrong.err, "nowhere")
		require.ErrorIs(t, changed.err, mine)
		require.Equal(t, mine, early.err)
		require.EqualError(t, panics.err, "panic: oh <nil>")
		require.EqualError(t, quick.err, "panic: at once")
		require.NoError(t, last.err)
		require.Equal(t, "a, taken, b", ids(t, db))
		exec(t, db, "insert into log values ('still alive', 9)")
	})
}

// A goroutine that ends in its closure, as require.FailNow does, must not hold the writer for ever.
func TestAGoroutineMayEndInItsClosure(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect, oneWriter)
		for _, update := range []func(context.Context, string, func(*sqldb.Tx) error) error{db.Update, db.UpdateShared, db.Background().Update} {
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				_ = update(t.Context(), "test", func(tx *sqldb.Tx) error {
					_, err := tx.Query("insert into log values ('lost', 1) returning id")
					require.NoError(t, err)
					runtime.Goexit()
					return nil
				})
			}()
			<-gone
			require.Zero(t, number(t, db, "select count(*) from log"))
		}
		exec(t, db, "insert into log values ('a', 1)")
	})
}

func TestOneGroupIsOneCommit(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		var sizes []int
		db := newDB(t, dialect, oneWriter, func(c *sqldb.Config) { c.OnGroup = func(n int) { sizes = append(sizes, n) } })
		sizes = nil
		group := holdWriter(t, db)
		for i := range 40 {
			group.join(t.Context(), put(fmt.Sprint(i)))
		}
		group.run()
		db.Close()
		require.Equal(t, []int{1, 40}, sizes)
	})
}

func TestGroupsFormUnderLoad(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		var groups, callers atomic.Int64
		db := newDB(t, dialect, func(c *sqldb.Config) {
			c.OnGroup = func(n int) { groups.Add(1); callers.Add(int64(n)) }
		})
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				for j := range 10 {
					if err := db.UpdateShared(t.Context(), "test", put(fmt.Sprint(i, j))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		require.Equal(t, int64(640), number(t, db, "select count(*) from log"))
		require.Greater(t, float64(callers.Load())/float64(groups.Load()), 3.0)
	})
}

func TestHotStatementsOfAGroupRunInOrderOfKey(t *testing.T) {
	const note = "insert into log select $1, coalesce(max(n), 0) + 1 from log"
	db := newDB(t, "postgres", oneWriter)
	group := holdWriter(t, db)
	for i, key := range []string{"c", "a", "b"} {
		group.join(t.Context(), func(tx *sqldb.Tx) error {
			tx.Exec(note, "hot "+key).Hot(key)
			tx.Exec(note, fmt.Sprint("cold ", i))
			return nil
		})
	}
	group.run()
	require.Equal(t, "cold 0, cold 1, cold 2, hot a, hot b, hot c", ids(t, db))
}

// Hot statements that are asked for in the middle are in order of key, too, where they end what a caller sends, and each
// caller gets its own rows.
func TestHotStatementsAskedForRunInOrderOfKey(t *testing.T) {
	const note = "insert into log select $1, coalesce(max(n), 0) + 1 from log returning id"
	db := newDB(t, "postgres", oneWriter)
	group := holdWriter(t, db)
	for i, key := range []string{"c", "a", "b"} {
		group.join(t.Context(), func(tx *sqldb.Tx) error {
			cold, hot := fmt.Sprint("cold ", i), "hot "+key
			rows, err := tx.Batch(sqldb.Q(note, cold), sqldb.Q(note, hot).Hot(key))
			if err != nil {
				return err
			}
			for n, want := range []string{cold, hot} {
				got, err := sqldb.One(rows[n], func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
				if err != nil || got != want {
					return fmt.Errorf("%q, not %q: %w", got, want, err)
				}
			}
			return nil
		})
	}
	group.run()
	require.Equal(t, "cold 0, cold 1, cold 2, hot a, hot b, hot c", ids(t, db))
}

func TestNothingToSendIsNoTrip(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect, oneWriter)
		require.NoError(t, db.Update(t.Context(), "nothing", func(tx *sqldb.Tx) error {
			rows, err := tx.Batch()
			require.Empty(t, rows)
			return err
		}))
	})
}

func TestACallerMayGiveUpBeforeItsTurn(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect, oneWriter)
		group := holdWriter(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := group.join(ctx, put("gave up"))
		stays := group.join(t.Context(), put("stays"))
		cancel()
		<-gaveUp.done // before anything moves on
		require.ErrorIs(t, gaveUp.err, context.Canceled)
		group.run()
		require.NoError(t, stays.err)
		require.Equal(t, "stays", ids(t, db))
		require.ErrorIs(t, db.UpdateShared(ctx, "test", put("late")), context.Canceled)
		require.ErrorIs(t, db.Update(ctx, "test", put("late")), context.Canceled)
		require.ErrorIs(t, db.Background().Update(ctx, "test", put("late")), context.Canceled)
		_, err := db.Query(ctx, "select 1")
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestACancelledMemberIsToldTheTruth(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect, oneWriter)
		group := holdWriter(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		cancels := group.join(ctx, func(tx *sqldb.Tx) error {
			cancel()
			rows, err := tx.Query("insert into log values ('a', 1) returning n")
			if err == nil && rows.Len() != 1 {
				return errors.New("no row")
			}
			return err
		})
		other := group.join(t.Context(), put("b"))
		group.run()
		require.NoError(t, cancels.err)
		require.NoError(t, other.err)
		require.Equal(t, "a, b", ids(t, db))
	})
}

func TestAFullQueueRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		db := newDB(t, dialect, oneWriter, func(c *sqldb.Config) { c.Queue = 2 })
		group := holdWriter(t, db)
		for db.Queued() < 2 {
			group.join(t.Context(), put(fmt.Sprint(len(group.joined))))
		}
		err := db.UpdateShared(t.Context(), "test", put("refused"))
		require.Equal(t, codes.ResourceExhausted, errs.KindOf(err))
		group.run()
		require.Equal(t, int64(len(group.joined)), number(t, db, "select count(*) from log"))
		exec(t, db, "insert into log values ('e', 1)")
	})
}

func TestCloseLetsWhoWaitsFinish(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		url := newURL(t, dialect)
		db := open(t, sqldb.Config{
			URL: url, Connections: sqldb.Connections{Writes: 1}, Limits: sqldb.Limits{Group: 3},
		})
		require.NoError(t, db.Migrate(t.Context(), schema(), "schema"))
		exec(t, db, "insert into log values ('taken', 0)")
		group := holdWriter(t, db)
		group.join(t.Context(), put("first"))
		refused := group.join(t.Context(), put("taken")) // goes on in a transaction of its own
		for i := range 8 {
			group.join(t.Context(), put(fmt.Sprint(i)))
		}
		rows := int64(10)
		if dialect == "postgres" { // which has room beside the group
			require.NoError(t, db.Background().Update(t.Context(), "test", put("background")))
			rows++
		}
		closed := make(chan struct{})
		go func() { defer close(closed); db.Close() }()
		await(t, db.Closing)
		group.run()
		<-closed
		for _, o := range group.joined {
			require.True(t, o.err == nil || o == refused, o.err)
		}
		require.True(t, sqldb.Violates(refused.err, "log_pkey"))
		for _, err := range []error{
			db.Update(t.Context(), "test", put("late")), db.UpdateShared(t.Context(), "test", put("late")),
			db.Background().Update(t.Context(), "test", put("late")), db.Ping(t.Context()),
		} {
			require.Equal(t, codes.Unavailable, errs.KindOf(err), err)
		}
		db.Close()
		require.Equal(t, rows, number(t, open(t, sqldb.Config{URL: url}), "select count(*) from log"))
	})
}

// Two hundred want one of twenty. Two handles on PostgreSQL are two replicas.
func TestStockIsNeverOversold(t *testing.T) {
	onBoth(t, func(t *testing.T, dialect string) {
		url := newURL(t, dialect)
		handles := []*sqldb.DB{open(t, sqldb.Config{URL: url})}
		if dialect == "postgres" {
			handles = append(handles, open(t, sqldb.Config{URL: url}))
		}
		require.NoError(t, handles[0].Migrate(t.Context(), schema(), "schema"))
		exec(t, handles[0], "insert into stock (id, on_hand) values ('a', 20)")
		soldOut := errs.Refused("SOLD_OUT", "nothing is left")
		var sold, refused atomic.Int64
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				err := handles[i%len(handles)].Update(t.Context(), "hold", func(tx *sqldb.Tx) error {
					tx.Exec("insert into log values ($1, 1)", fmt.Sprint(i))
					tx.Exec("update stock set held = held + 1 where id = 'a'").Hot("a").Refuse("held_within", soldOut)
					return nil
				})
				switch {
				case err == nil:
					sold.Add(1)
				case errors.Is(err, soldOut):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Equal(t, []int64{20, 180}, []int64{sold.Load(), refused.Load()})
		require.Equal(t, int64(20), number(t, handles[0], "select held from stock"))
		require.Equal(t, int64(20), number(t, handles[0], "select count(*) from log"))
	})
}

// A full disk is nobody's fault: everybody in the group hears of it, nothing is left, and later things work again.
func TestAFullDiskIsUnavailable(t *testing.T) {
	db := newDB(t, "sqlite")
	size := number(t, db, "select page_count from pragma_page_count")
	limit := func(pages int64) { exec(t, db, fmt.Sprint("pragma max_page_count = ", pages)) }
	limit(size + 2)
	group := holdWriter(t, db)
	small := group.join(t.Context(), put("small"))
	big := group.join(t.Context(), func(tx *sqldb.Tx) error {
		tx.Exec("insert into note values (1, 1, $1)", string(make([]byte, 100_000)))
		return nil
	})
	after := group.join(t.Context(), put("after"))
	group.run()
	for _, o := range []*outcome{small, big, after} {
		require.Equal(t, codes.Unavailable, errs.KindOf(o.err), o.err)
	}
	require.Empty(t, ids(t, db))
	limit(size + 1000)
	exec(t, db, "insert into log values ('again', 1)")
	require.Equal(t, "again", ids(t, db))
}
