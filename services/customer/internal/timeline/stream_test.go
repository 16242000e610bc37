package timeline

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/live"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// listener is the caller's end of a stream.
type listener struct {
	grpc.ServerStream
	ctx     context.Context
	started chan struct{}
	sent    chan string // names of entries
	ended   chan error
}

func (l *listener) Context() context.Context        { return l.ctx }
func (l *listener) SendHeader(md metadata.MD) error { close(l.started); return nil }

func (l *listener) Send(e *customerv1.TimelineEntry) error {
	select {
	case l.sent <- e.GetName():
		return nil
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}

// listen follows olena's timeline until the test's end. It is listening when this returns.
func (b *bench) listen(t *testing.T, after string) *listener {
	ctx, cancel := context.WithCancel(t.Context())
	l := &listener{ctx: ctx, started: make(chan struct{}), sent: make(chan string), ended: make(chan error, 1)}
	go func() {
		l.ended <- b.StreamTimelineEntries(&customerv1.StreamTimelineEntriesRequest{Parent: olena, LastSeen: after}, l)
	}()
	t.Cleanup(func() {
		cancel()
		require.ErrorIs(t, <-l.ended, context.Canceled, "the stream ends with its caller")
	})
	<-l.started
	return l
}

// hears waits for the next entries.
func (l *listener) hears(t *testing.T, want ...string) {
	t.Helper()
	for _, name := range want {
		select {
		case got := <-l.sent:
			require.Equal(t, name, got)
		case err := <-l.ended:
			require.NoError(t, err)
		case <-time.After(20 * time.Second):
			require.Fail(t, "the stream says nothing", "waiting for %s", name)
		}
	}
}

func TestAStreamSaysWhatIsNew(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.put(t, time.Now().Add(-time.Hour))
		b.put(t, time.Now().Add(-time.Second))
		l := b.listen(t, "")
		e := newEvent(t, "order", noon, &orderv1.OrderPicked{Order: "orders/1", Customer: olena})
		foreign := newEvent(t, "order", noon, &orderv1.OrderPicked{Order: "orders/2", Customer: another})
		start := time.Now()
		b.hears(t, foreign, e)
		l.hears(t, olena+collection+e.ID)
		require.Less(t, time.Since(start), live.Look, "it is told, and does not find it by looking")
		l.hears(t, b.put(t, time.Now()), b.put(t, time.Now()))
	})
}

// TestEntriesCommittedLateAreSaid: one became known before another, and is committed after it was said.
func TestEntriesCommittedLateAreSaid(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		start := time.Now()
		l := b.listen(t, "")
		for _, late := range []time.Duration{0, 5 * time.Second, 2 * time.Second, 0} {
			l.hears(t, b.put(t, start.Add(-late)))
		}
	})
}

// TestTwoWritersOutOfOrder holds one transaction open while another, that began later, is committed and said.
func TestTwoWritersOutOfOrder(t *testing.T) {
	b := newBench(t, kittest.Open(t, kittest.NewURL(t, "postgres")))
	l := b.listen(t, "")
	slow, inserted, commit, done := newEntry(), make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- b.db.Background().Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			tx.AfterCommit(func() { b.live.Say(olena) })
			if err := insert(tx, time.Now(), slow); err != nil {
				return err
			}
			_, err := tx.Query(`select 1`) // sends the insert
			close(inserted)
			<-commit
			return err
		})
	}()
	<-inserted
	l.hears(t, b.put(t, time.Now()), b.put(t, time.Now()))
	close(commit)
	require.NoError(t, <-done)
	l.hears(t, slow.GetName(), b.put(t, time.Now()))
}

func TestAStreamGoesOnAfterAnEntry(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		long := time.Now().Add(-time.Hour)
		b.put(t, long)
		last := b.put(t, long.Add(time.Minute))
		missed := []string{b.put(t, long.Add(2*time.Minute)), b.put(t, time.Now().Add(-time.Second))}
		l := b.listen(t, last)
		l.hears(t, missed...)
		l.hears(t, b.put(t, time.Now()))
	})
}

func TestAStreamCatchesUpOverManyPages(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		long := time.Now().Add(-time.Hour)
		last := b.put(t, long)
		var missed []string
		require.NoError(t, b.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			missed = nil
			for i := range 3*pageRows + 7 {
				e := newEntry()
				missed = append(missed, e.GetName())
				// A hundred of them at the same moment, across the pages' ends.
				if err := insert(tx, long.Add(time.Minute*time.Duration(1+i/100)), e); err != nil {
					return err
				}
			}
			return nil
		}))
		require.True(t, slices.IsSorted(missed))
		l := b.listen(t, last)
		l.hears(t, missed...)
		l.hears(t, b.put(t, time.Now()))
	})
}

func TestAStreamKnowsWhoseItIs(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		name := b.put(t, time.Now())
		for _, c := range []struct {
			parent, after string
			want          codes.Code
		}{
			{"customers/nobody", "", codes.NotFound},
			{"customers/nobody", "customers/nobody/timelineEntries/1", codes.NotFound},
			{olena, olena + "/timelineEntries/1", codes.NotFound},
			{another, name, codes.InvalidArgument},
			{another, another + collection + idOf(name), codes.NotFound},
		} {
			l := &listener{ctx: t.Context()}
			err := b.StreamTimelineEntries(&customerv1.StreamTimelineEntriesRequest{Parent: c.parent, LastSeen: c.after}, l)
			require.Equal(t, c.want, errs.KindOf(err), "%s after %s", c.parent, c.after)
		}
	})
}
