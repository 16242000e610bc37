package customer_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/live"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	"kept.dev/services/customer"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// TestAFactIsHeardInEveryRoom hands the service an order and its promise, whole and from outside: the book has the promise,
// the timeline has both, the purchase is counted, and a broken promise is owed for, all in one batch.
func TestAFactIsHeardInEveryRoom(t *testing.T) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		deps := kit.Deps{
			DB: db, Clock: clock.Wall{}, Outbox: outbox.New("customer", clock.Wall{}), Meter: noop.Meter{}, Live: live.NewLocal(),
		}
		service, err := customer.New(deps)
		require.NoError(t, err)
		require.NoError(t, db.Migrate(t.Context(), service.Migrations, "schema_version"))
		service.Register(grpc.NewServer())

		counter := &telemetry.Activity{}
		worker := timer.NewWorker(timer.Config{DB: db, Clock: deps.Clock, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: counter})
		service.Timers(worker)
		consumer := inbox.New(inbox.Config{
			DB: db, Clock: deps.Clock, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: counter, Handlers: service.Events(),
		}, worker)
		require.NoError(t, consumer.Handle(t.Context(), orderAndPromise(t)))

		require.EqualValues(t, 1, kittest.Number(t, db, `select count(*) from promise where state = 5 and made is not null`))
		require.EqualValues(t, 3, kittest.Number(t, db, `select count(*) from timeline_entry where customer = 'customers/1' and about = 'orders/1'`))
		require.EqualValues(t, 1, kittest.Number(t, db, `select count(*) from buyer where customer = '1' and orders = 1 and amount = 5900`))
		require.EqualValues(t, 1, kittest.Number(t, db, `select count(*) from outbox where type = 'kept.promise.v1.RemedyRequired'`))
		require.Zero(t, kittest.Number(t, db, `select count(*) from timer where attempts > 0`), "nothing has failed")
	})
}

func orderAndPromise(t *testing.T) (events []event.Event) {
	const order, promise, who = "orders/1", "promises/1", "customers/1"
	for _, fact := range []proto.Message{
		&orderv1.OrderPlaced{Order: order, Customer: who, TotalAmount: &money.Money{CurrencyCode: "EUR", Units: 59}, UnitCount: 2},
		&promisev1.PromiseMade{
			Promise: promise, Customer: who, About: order, Kind: "promiseKinds/delivery",
			DueTime: timestamppb.New(time.Now().Add(time.Hour)),
		},
		&promisev1.PromiseBroken{Promise: promise, Customer: who, About: order, Kind: "promiseKinds/delivery"},
	} {
		e, err := event.New(t.Context(), "order", order, 1, time.Now(), fact)
		require.NoError(t, err)
		events = append(events, e)
	}
	return events
}
