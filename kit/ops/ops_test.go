package ops_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/bus"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/ops"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

var errBroken = errors.New("it is broken")

func newLetters(db *sqldb.DB) (*ops.DeadLetters, *int) {
	woken := 0
	return &ops.DeadLetters{Service: "order", DB: db, Clock: clock.Wall{}, Wake: func() { woken++ }}, &woken
}

func fail(t testing.TB, db *sqldb.DB, kind, key, typ string, payload string) {
	t.Helper()
	require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
		timer.Local(kind).SetFailed(tx, key, typ, "", time.Now(), errBroken, []byte(payload))
		return nil
	}))
}

func TestListDeadLettersPages(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		letters, _ := newLetters(db)
		for i := range 12 {
			fail(t, db, "ring", fmt.Sprintf("a key %02d", i), "", "")
		}
		fail(t, db, "event/words", "0190", "kept.test.v1.Said", `{"ID":"0190","Subject":"things/7"}`)
		var got []*opsv1.DeadLetter
		token := ""
		for {
			res, err := letters.ListDeadLetters(t.Context(), &opsv1.ListDeadLettersRequest{Parent: "services/order", PageSize: 5, PageToken: token})
			require.NoError(t, err)
			got = append(got, res.GetDeadLetters()...)
			if token = res.GetNextPageToken(); token == "" {
				break
			}
			require.Len(t, res.GetDeadLetters(), 5)
		}
		require.Len(t, got, 13)
		require.Equal(t, "services/order/deadLetters/ring.a key 00", got[0].GetName())
		require.Equal(t, "timer/ring", got[0].GetType())
		require.Equal(t, "a key 00", got[0].GetSubject())
		last := got[12]
		require.Equal(t, "services/order/deadLetters/event~words.0190", last.GetName())
		require.Equal(t, "kept.test.v1.Said", last.GetType())
		require.Equal(t, "things/7", last.GetSubject())
		require.Equal(t, "it is broken", last.GetError())
		require.EqualValues(t, 1, last.GetAttempts())
		require.Equal(t, opsv1.DeadLetter_RETRYING, last.GetState())
	})
}

func TestListDeadLettersRefusesForeignTokensAndServices(t *testing.T) {
	letters, _ := newLetters(kittest.Open(t, kittest.NewURL(t, "sqlite")))
	_, err := letters.ListDeadLetters(t.Context(), &opsv1.ListDeadLettersRequest{Parent: "services/loyalty"})
	require.Equal(t, errs.KindNotFound, errs.KindOf(err))
	for _, token := range []string{"!", "MTIz", "MSBh", "LTEgYSBi", "eCBhIGI"} {
		_, err := letters.ListDeadLetters(t.Context(), &opsv1.ListDeadLettersRequest{Parent: "services/order", PageToken: token})
		require.Equal(t, "INVALID_REQUEST", errs.ReasonOf(err), token)
	}
}

func TestReplayAndDropDeadLetters(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		letters, woken := newLetters(db)
		fail(t, db, "promise.due", "1", "", "")
		fail(t, db, "event/words", "0190", "kept.test.v1.Said", `{"ID":"0190"}`)
		replayed, err := letters.ReplayDeadLetter(t.Context(), &opsv1.ReplayDeadLetterRequest{Name: "services/order/deadLetters/promise.due.1"})
		require.NoError(t, err)
		require.Zero(t, replayed.GetAttempts())
		require.Equal(t, 1, *woken)
		require.EqualValues(t, 1, kittest.Number(t, db, `select count(*) from timer where kind = 'promise.due' and due <= $1`, time.Now().UnixMicro()))

		fail(t, db, "event/points", "0191", "kept.test.v1.Said", `{"ID":"0191"}`)
		list, err := letters.ListDeadLetters(t.Context(), &opsv1.ListDeadLettersRequest{Parent: "services/order"})
		require.NoError(t, err)
		named := list.GetDeadLetters()[1].GetName()
		require.Equal(t, "services/order/deadLetters/event~points.0191", named, "a slash would end the id")
		_, err = letters.ReplayDeadLetter(t.Context(), &opsv1.ReplayDeadLetterRequest{Name: named})
		require.NoError(t, err)

		_, err = letters.DropDeadLetter(t.Context(), &opsv1.DropDeadLetterRequest{Name: "services/order/deadLetters/event~words.0190"})
		require.NoError(t, err)
		require.EqualValues(t, 1, kittest.Number(t, db, `select count(*) from inbox where id = '0190' and handler = 'words'`), "it stays dropped")
		for _, name := range []string{
			"services/order/deadLetters/event~words.0190", "services/order/deadLetters/promise.due.1", "services/order/deadLetters/nodot",
			"services/loyalty/deadLetters/event~words.0190", "",
		} {
			_, err = letters.DropDeadLetter(t.Context(), &opsv1.DropDeadLetterRequest{Name: name})
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), name)
			_, err = letters.ReplayDeadLetter(t.Context(), &opsv1.ReplayDeadLetterRequest{Name: name})
			require.Equal(t, errs.KindNotFound, errs.KindOf(err), name)
		}
	})
}

func TestGetActivityCountsWhatIsLeft(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		counter, woken := &telemetry.Activity{}, 0
		c, b := &clock.Sandbox{}, &keepingBus{Local: bus.NewLocal(), published: 5}
		a := &ops.Activity{Service: "order", Process: "p", DB: db, Bus: b, Clock: c, Counter: counter,
			Kinds: func() []string { return []string{"ring", "call"} }, Wake: func() { woken++ }}
		get := func() *opsv1.ReportActivityResponse {
			t.Helper()
			res, err := a.ReportActivity(t.Context(), &opsv1.ReportActivityRequest{})
			require.NoError(t, err)
			return res
		}
		require.EqualValues(t, 1, get().GetOutboxPending(), "it has what no relay has noted")
		kittest.Exec(t, db, `insert into lease (name, holder, until, state) values ('relay', 'x', 0, '5')`)
		require.Zero(t, get().GetOutboxPending())

		end := counter.Begin()
		soon := c.Now().Add(time.Hour)
		require.NoError(t, db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
			timer.Local("ring").Set(t.Context(), tx, "a", c.Now(), nil)
			timer.Outside("call").Set(t.Context(), tx, "b", soon, nil)
			timer.Local("nobody knows").Set(t.Context(), tx, "x", c.Now(), nil) // waits for a process that does
			timer.Local("ring").Set(t.Context(), tx, "parked", c.Now(), nil)
			tx.Exec(`update timer set parked = true where key = 'parked'`)
			tx.Exec(`insert into outbox (id, pending, type, subject, version, time, traceparent, data) values ('1', true, '', '', 0, 0, '', $1)`, []byte{})
			return nil
		}))
		b.pending, woken = 3, 0
		res := get()
		require.Equal(t, "order/p", res.GetProcess())
		require.EqualValues(t, 1, res.GetBegun()-res.GetEnded())
		require.EqualValues(t, 1, res.GetOutboxPending())
		require.EqualValues(t, 3, res.GetInboxPending())
		require.EqualValues(t, 1, res.GetTimersDue())
		require.Equal(t, soon.UnixMicro(), res.GetNextDueTime().AsTime().UnixMicro())
		require.Equal(t, 1, woken)
		end()
		require.Equal(t, get().GetBegun(), get().GetEnded())

		b.published = 4 // it has lost something, and the relay has not yet seen it
		require.EqualValues(t, 2, get().GetOutboxPending())
	})
}

type keepingBus struct {
	*bus.Local
	published, pending int64
}

func (b *keepingBus) Keeps() bool                                      { return true }
func (b *keepingBus) Published(context.Context, string) (int64, error) { return b.published, nil }
func (b *keepingBus) Pending(context.Context, string) (int64, error)   { return b.pending, nil }
