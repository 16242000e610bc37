package promise

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	"kept.dev/services/customer/internal/promisekind"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// book is the promise book on a database of its own, with what hands it events and carries out its timers.
type book struct {
	*Service
	kinds    *promisekind.Service
	moved    *clock.Sandbox
	consumer *inbox.Inbox
	worker   *timer.Worker
}

func onBoth(t *testing.T, test func(t *testing.T, b *book)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		moved := &clock.Sandbox{}
		deps := kit.Deps{DB: db, Clock: moved, Outbox: outbox.New("customer", moved), Meter: noop.Meter{}, Peer: func(string) grpc.ClientConnInterface { return orders{} }}
		s, err := New(deps)
		require.NoError(t, err)
		b := &book{Service: s, kinds: promisekind.New(deps), moved: moved}
		b.worker = timer.NewWorker(timer.Config{
			DB: db, Clock: moved, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: &telemetry.Activity{},
		})
		s.Capability().Timers(b.worker)
		b.consumer = inbox.New(inbox.Config{
			DB: db, Clock: moved, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: &telemetry.Activity{}, Handlers: s.Capability().Events,
		}, b.worker)
		test(t, b)
	})
}

// says is the event of a fact that the owner of a promise says now.
func (b *book) says(t testing.TB, owner, promise string, fact proto.Message) event.Event {
	e, err := event.New(t.Context(), owner, promise, 1, b.moved.Now(), fact)
	require.NoError(t, err)
	return e
}

func (b *book) hears(t testing.TB, events ...event.Event) {
	t.Helper()
	require.NoError(t, b.consumer.Handle(t.Context(), events))
}

// reaches moves the clock there, if it is not past that yet, and carries out what is due.
func (b *book) reaches(t testing.TB, at time.Time) {
	t.Helper()
	if d := at.Sub(b.moved.Now()); d > 0 {
		b.moved.Advance(b.moved.Offset() + d)
	}
	for {
		n, err := b.worker.Round(t.Context())
		require.NoError(t, err)
		if n == 0 {
			return
		}
	}
}

// said is what the book has said about the promise, of the type of the given message, in order.
func said[T proto.Message](t testing.TB, b *book, promise string) []T {
	t.Helper()
	var zero T
	rows, err := b.db.Query(t.Context(), `select data from outbox where type = $1 and subject = $2 order by id`,
		string(zero.ProtoReflect().Descriptor().FullName()), promise)
	require.NoError(t, err)
	all, err := sqldb.All(rows, func(r *sqldb.Rows) (T, error) {
		fact := zero.ProtoReflect().New().Interface().(T)
		var data []byte
		if err := r.Scan(&data); err != nil {
			return fact, err
		}
		return fact, proto.Unmarshal(data, fact)
	})
	require.NoError(t, err)
	return all
}

func newPromise() string { return collection + id.New() }
