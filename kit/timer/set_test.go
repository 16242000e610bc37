package timer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

func TestSetAll(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		later := b.clock.Now().Add(time.Hour)
		b.set(t, ring, "1", 0)
		fence := kittest.Number(t, b.db, `select fence from timer`)
		var all []timer.Setting
		for i := range 300 { // more than fit into one statement
			all = append(all, ring.At(t.Context(), fmt.Sprint(i), later, nil), call.At(t.Context(), fmt.Sprint(i), later, []byte("x")))
		}
		all = append(all, ring.At(t.Context(), "2", later.Add(time.Hour), []byte("the last one counts")))
		b.do(t, func(tx *sqldb.Tx) { timer.SetAll(tx, all...); timer.SetAll(tx) })
		require.EqualValues(t, 600, b.timers(t))
		require.Equal(t, fence+1, kittest.Number(t, b.db, `select fence from timer where kind = 'ring' and key = '1'`), "set anew")
		require.Equal(t, later.Add(time.Hour).UnixMicro(), kittest.Number(t, b.db, `select due from timer where kind = 'ring' and key = '2'`))
		require.EqualValues(t, 300, kittest.Number(t, b.db, `select count(*) from timer where kind = 'call' and due = $1`, later.UnixMicro()))
	})
}

func TestCountAndNextDue(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		count := func(s *sqldb.Stmt) int64 {
			rows, err := b.db.Batch(t.Context(), s)
			require.NoError(t, err)
			n, err := sqldb.One(rows[0], func(r *sqldb.Rows) (n int64, err error) {
				var p *int64
				err = r.Scan(&p)
				if p != nil {
					n = *p
				}
				return n, err
			})
			require.NoError(t, err)
			return n
		}
		all := func() (n, since int64) {
			rows, err := b.db.Batch(t.Context(), timer.CountAllDue(b.clock.Now()))
			require.NoError(t, err)
			require.True(t, rows[0].Next())
			require.NoError(t, rows[0].Scan(&n, &since))
			return n, since
		}
		n, since := all()
		require.Zero(t, n+since)
		require.Zero(t, count(timer.NextDue(nil, b.clock.Now())))
		require.Zero(t, count(timer.CountDue(nil, b.clock.Now())))

		b.set(t, ring, "a", -time.Hour)
		b.set(t, ring, "b", time.Hour)
		b.set(t, call, "c", -2*time.Hour)
		b.set(t, call, "d", 2*time.Hour)
		b.set(t, strange, "e", -time.Minute)
		b.set(t, ring, "parked", -3*time.Hour)
		kittest.Exec(t, b.db, `update timer set parked = true where key = 'parked'`)
		now := b.clock.Now()
		require.EqualValues(t, 1, count(timer.CountDue([]string{"ring"}, now)))
		require.EqualValues(t, 2, count(timer.CountDue([]string{"ring", "it's not there", "call"}, now)))
		dueOf := func(key string) int64 { return kittest.Number(t, b.db, `select due from timer where key = $1`, key) }
		require.Equal(t, dueOf("b"), count(timer.NextDue([]string{"call", "ring"}, now)))
		require.Equal(t, dueOf("d"), count(timer.NextDue([]string{"call"}, now)))
		require.Zero(t, count(timer.NextDue([]string{"birthday"}, now)))
		n, since = all()
		require.EqualValues(t, 3, n, "also those that nobody knows")
		require.Equal(t, dueOf("c"), since)
	})
}
