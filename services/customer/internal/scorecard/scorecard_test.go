package scorecard

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"kept.dev/kit"
	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/live"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/customer/internal/timeline"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// now is when all tests ask.
var now = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

// stopped is a clock that stands still.
type stopped time.Time

func (s stopped) Now() time.Time { return time.Time(s) }

// bench is the scorecard, beside a timeline that hears events.
type bench struct {
	*Service
	consumer *inbox.Inbox
}

func onBoth(t *testing.T, test func(t *testing.T, b *bench)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		deps := kit.Deps{DB: db, Clock: stopped(now), Live: live.NewLocal()}
		counter := &telemetry.Activity{}
		worker := timer.NewWorker(timer.Config{DB: db, Clock: deps.Clock, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: counter})
		test(t, &bench{Service: New(deps), consumer: inbox.New(inbox.Config{
			DB: db, Clock: deps.Clock, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: counter,
			Handlers: timeline.New(deps).Capability().Events,
		}, worker)})
	})
}

func (b *bench) scorecard(t testing.TB) *customerv1.Scorecard {
	t.Helper()
	card, err := b.GetScorecard(t.Context(), &customerv1.GetScorecardRequest{Name: "scorecard"})
	require.NoError(t, err)
	require.Equal(t, "scorecard", card.GetName())
	return card
}

func requireProto(t require.TestingT, want, got proto.Message) {
	require.True(t, proto.Equal(want, got), "want %s\n got %s", protojson.Format(want), protojson.Format(got))
}

// promise is a row of the book.
type promise struct {
	due   time.Time
	kind  string
	state customerv1.Promise_State
}

func (b *bench) write(t testing.TB, rows []promise) {
	t.Helper()
	require.NoError(t, b.db.Update(t.Context(), "test", func(tx *sqldb.Tx) error {
		tx.Exec(`delete from promise`)
		// One of which only the answer is known is no promise yet.
		tx.Exec(`insert into promise (id, customer, about, state, resolved) values ('x', '', '', 4, 1)`)
		for _, p := range rows {
			tx.Exec(`insert into promise (id, customer, about, state, kind, made, due) values ($1, '', '', $2, $3, 0, $4)`,
				id.New(), int64(p.state), p.kind, p.due.UnixMicro())
		}
		return nil
	}))
}

// TestPromisesAreCountedLikeOneByOne compares with a count of each promise by the calendar.
func TestPromisesAreCountedLikeOneByOne(t *testing.T) {
	edges := []time.Time{
		time.Date(2025, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 2, 28, 23, 59, 59, 999_999_000, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC), time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC),
	}
	onePromise := rapid.Custom(func(r *rapid.T) promise {
		return promise{
			due:   rapid.OneOf(rapid.SampledFrom(edges), rapid.Map(rapid.IntRange(-400*24, 100*24), hoursFromNow)).Draw(r, "due"),
			kind:  rapid.SampledFrom([]string{"promiseKinds/delivery", "promiseKinds/refund", "promiseKinds/reply"}).Draw(r, "kind"),
			state: customerv1.Promise_State(rapid.IntRange(1, 6).Draw(r, "state")),
		}
	})
	onBoth(t, func(t *testing.T, b *bench) {
		rapid.Check(t, func(r *rapid.T) {
			rows := rapid.SliceOfN(onePromise, 0, 30).Draw(r, "promises")
			b.write(t, rows)
			card := b.scorecard(t)
			requireSorted(r, card.GetPromiseCounts())
			require.Equal(r, oneByOne(rows), byName(card.GetPromiseCounts()))
		})
	})
}

func hoursFromNow(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }

// oneByOne counts each promise for itself: made, kept, broken, released, open.
func oneByOne(rows []promise) map[string][5]int64 {
	counts := map[string][5]int64{}
	for _, p := range rows {
		back := now.Year()*12 + int(now.Month()) - p.due.Year()*12 - int(p.due.Month())
		if back >= monthCount {
			continue
		}
		name := p.due.Format("2006-01") + " " + p.kind
		n := counts[name]
		n[0]++
		switch p.state {
		case customerv1.Promise_KEPT:
			n[1]++
		case customerv1.Promise_BROKEN:
			n[2]++
		case customerv1.Promise_RELEASED:
			n[3]++
		default:
			n[4]++
		}
		counts[name] = n
	}
	return counts
}

func byName(counts []*customerv1.Scorecard_PromiseCount) map[string][5]int64 {
	named := map[string][5]int64{}
	for _, c := range counts {
		named[fmt.Sprintf("%04d-%02d %s", c.GetMonth().GetYear(), c.GetMonth().GetMonth(), c.GetKind())] =
			[5]int64{c.GetMadeCount(), c.GetKeptCount(), c.GetBrokenCount(), c.GetReleasedCount(), c.GetOpenCount()}
	}
	return named
}

func requireSorted(t require.TestingT, counts []*customerv1.Scorecard_PromiseCount) {
	for i := 1; i < len(counts); i++ {
		a, b := counts[i-1], counts[i]
		before, after := a.GetMonth().GetYear()*12+a.GetMonth().GetMonth(), b.GetMonth().GetYear()*12+b.GetMonth().GetMonth()
		require.True(t, before > after || before == after && a.GetKind() < b.GetKind(), "the latest month first, and the kinds by name")
		require.EqualValues(t, 1, b.GetMonth().GetDay())
	}
}

func TestSilentCancellations(t *testing.T) {
	const reason = "Sold out"
	at := time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC)
	to := func(customer, about string) *notificationv1.MessageAccepted {
		return &notificationv1.MessageAccepted{Message: "messages/1", Customer: customer, About: about}
	}
	for name, c := range map[string]struct {
		reason string
		after  time.Duration // until a message
		told   *notificationv1.MessageAccepted
		silent int64
	}{
		"with a reason and a message":     {reason, time.Second, to("customers/olena", "orders/1"), 0},
		"told in the last moment":         {reason, 10 * time.Minute, to("customers/olena", "orders/1"), 0},
		"told by a clock that is behind":  {reason, -time.Second, to("customers/olena", "orders/1"), 0},
		"about a part of the order":       {reason, time.Second, to("customers/olena", "orders/1/shortages/2"), 0},
		"without a reason":                {"", time.Second, to("customers/olena", "orders/1"), 1},
		"told too late":                   {reason, 10*time.Minute + time.Microsecond, to("customers/olena", "orders/1"), 1},
		"told of something else before":   {reason, -time.Minute, to("customers/olena", "orders/1"), 1},
		"told of another order":           {reason, time.Second, to("customers/olena", "orders/2"), 1},
		"somebody else is told":           {reason, time.Second, to("customers/another", "orders/1"), 1},
		"nobody is told":                  {reason, 0, nil, 1},
		"nobody is told, for this reason": {`{"reason":"x"}`, 0, nil, 1},
		"neither reason nor message":      {"", 0, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, b *bench) {
				b.hears(t, at, &orderv1.OrderCancelled{Order: "orders/1", Customer: "customers/olena", Reason: c.reason})
				if c.told != nil {
					b.hears(t, at.Add(c.after), c.told)
				}
				requireProto(t, &customerv1.Scorecard{
					Name: "scorecard", CancellationCounts: []*customerv1.Scorecard_CancellationCount{cancelled(2026, 3, 1, c.silent)},
				}, b.scorecard(t))
			})
		})
	}
}

func cancelled(year, month int32, count, silent int64) *customerv1.Scorecard_CancellationCount {
	return &customerv1.Scorecard_CancellationCount{
		Month: &date.Date{Year: year, Month: month, Day: 1}, CancelledCount: count, SilentCount: silent,
	}
}

func (b *bench) hears(t testing.TB, at time.Time, fact proto.Message) {
	t.Helper()
	e, err := event.New(t.Context(), "order", "", 1, at, fact)
	require.NoError(t, err)
	require.NoError(t, b.consumer.Handle(t.Context(), []event.Event{e}))
}

func TestCancellationsByMonth(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		for i, at := range []time.Time{
			time.Date(2025, 3, 31, 23, 59, 59, 999_999_000, time.UTC), // of no month that is asked for
			time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, 4, 30, 23, 59, 59, 999_999_000, time.UTC),
			now.Add(-10*time.Minute - time.Microsecond), now.Add(-9 * time.Minute), // of which it is too early to tell
		} {
			b.hears(t, at, &orderv1.OrderCancelled{Order: fmt.Sprint("orders/", i), Customer: "customers/olena", Reason: "Sold out"})
		}
		b.hears(t, now.Add(-time.Minute), &orderv1.OrderCancelled{Order: "orders/9", Customer: "customers/olena"})
		requireProto(t, &customerv1.Scorecard{Name: "scorecard", CancellationCounts: []*customerv1.Scorecard_CancellationCount{
			cancelled(2026, 3, 3, 2), cancelled(2025, 4, 2, 2),
		}}, b.scorecard(t))
	})
}

// TestMonthsAreTheCompanys: what was cancelled in the first hours of a month, where the company is, is of that month.
func TestMonthsAreTheCompanys(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.hears(t, time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC), &orderv1.OrderCancelled{Order: "orders/1", Customer: "customers/olena", Reason: "Sold out"})
		for zone, want := range map[string]*customerv1.Scorecard_CancellationCount{
			"UTC": cancelled(2025, 12, 1, 1), "Pacific/Auckland": cancelled(2026, 1, 1, 1), "Asia/Kolkata": cancelled(2025, 12, 1, 1),
		} {
			kittest.Exec(t, b.db, `update company set time_zone = $1`, zone)
			requireProto(t, &customerv1.Scorecard{Name: "scorecard", CancellationCounts: []*customerv1.Scorecard_CancellationCount{want}}, b.scorecard(t))
		}
	})
}

func TestMonthsOfAYear(t *testing.T) {
	first := func(year int, month time.Month) time.Time { return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC) }
	require.Equal(t, []time.Time{first(2026, 3), first(2026, 4)}, monthsUntil(now, 1, time.UTC))
	require.Equal(t, []time.Time{first(2025, 12), first(2026, 1), first(2026, 2), first(2026, 3), first(2026, 4)}, monthsUntil(now, 4, time.UTC))
	require.Equal(t, first(2016, 4), monthsUntil(now, 120, time.UTC)[0])
	lastOfMay := time.Date(2026, 5, 31, 23, 59, 59, 0, time.UTC)
	require.Equal(t, []time.Time{first(2026, 4), first(2026, 5), first(2026, 6)}, monthsUntil(lastOfMay, 2, time.UTC))
	eastern := time.FixedZone("", 3*60*60)
	early := time.Date(2026, 3, 1, 2, 0, 0, 0, eastern)
	require.Equal(t, first(2026, 2), monthOf(early, time.UTC))
	require.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, eastern), monthOf(early, eastern), "where the company is")
}
