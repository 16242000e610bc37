package order_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/live"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/services/order"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// manualClock is a clock that stands still unless the test moves it.
type manualClock struct{ micros atomic.Int64 }

func (h *manualClock) Now() time.Time       { return time.UnixMicro(h.micros.Load()).UTC() }
func (h *manualClock) pass(d time.Duration) { h.micros.Add(d.Microseconds()) }

// fixture is the order service with nothing around it: its events stay in the outbox, its timers go off when told to.
type fixture struct {
	t        testing.TB
	db       *sqldb.DB
	clock    *manualClock
	subjects map[string]string // what ids are about

	catalog     orderv1.CatalogServiceServer
	stock       orderv1.StockServiceServer
	orders      orderv1.OrderServiceServer
	fulfillment orderv1.FulfillmentServiceServer
	payment     orderv1.PaymentServiceServer
	shortages   orderv1.ShortageServiceServer
	tracking    orderv1.TrackingServiceServer
	imports     orderv1.ImportServiceServer
	customers   *customerPeer

	worker   *timer.Worker
	consumer *inbox.Inbox
}

// registrar keeps what is registered.
type registrar map[string]any

func (r registrar) RegisterService(desc *grpc.ServiceDesc, impl any) { r[desc.ServiceName] = impl }

func onBoth(t *testing.T, test func(t *testing.T, h *fixture)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) { test(t, newFixture(t, db)) })
}

func newFixture(t testing.TB, db *sqldb.DB) *fixture {
	h := &fixture{t: t, db: db, clock: &manualClock{}, subjects: map[string]string{}, customers: newCustomerPeer()}
	h.clock.micros.Store(time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC).UnixMicro())
	service, err := order.New(kit.Deps{
		DB: db, Clock: h.clock, Outbox: outbox.New("order", h.clock), Log: kittest.Log(t), Live: live.NewLocal(),
		Behind: func(context.Context) (int64, error) { return 0, nil },
		Peer:   func(string) grpc.ClientConnInterface { return h.customers },
	})
	require.NoError(t, err)
	require.NoError(t, db.Migrate(t.Context(), service.Migrations, "schema_version"))
	r := registrar{}
	service.Register(r)
	h.catalog = r["kept.order.v1.CatalogService"].(orderv1.CatalogServiceServer)
	h.stock = r["kept.order.v1.StockService"].(orderv1.StockServiceServer)
	h.orders = r["kept.order.v1.OrderService"].(orderv1.OrderServiceServer)
	h.fulfillment = r["kept.order.v1.FulfillmentService"].(orderv1.FulfillmentServiceServer)
	h.payment = r["kept.order.v1.PaymentService"].(orderv1.PaymentServiceServer)
	h.shortages = r["kept.order.v1.ShortageService"].(orderv1.ShortageServiceServer)
	h.tracking = r["kept.order.v1.TrackingService"].(orderv1.TrackingServiceServer)
	h.imports = r["kept.order.v1.ImportService"].(orderv1.ImportServiceServer)
	h.worker = timer.NewWorker(timer.Config{
		DB: db, Clock: h.clock, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: &telemetry.Activity{},
	})
	service.Timers(h.worker)
	h.consumer = inbox.New(inbox.Config{
		DB: db, Clock: h.clock, Log: kittest.Log(t), Tracer: kittest.Tracer(), Activity: &telemetry.Activity{},
		Handlers: service.Events(),
	}, h.worker)
	return h
}

const (
	olena = "customers/olena"
	ivan  = "customers/ivan"
)

// header is the way back to a caller, on which a repeated answer is marked.
type header struct {
	method   string
	replayed atomic.Bool
}

func (h *header) Method() string { return h.method }
func (h *header) SetHeader(md metadata.MD) error {
	if len(md.Get("idempotent-replayed")) > 0 {
		h.replayed.Store(true)
	}
	return nil
}
func (h *header) SendHeader(metadata.MD) error { return nil }
func (h *header) SetTrailer(metadata.MD) error { return nil }

func (h *fixture) as(role accessv1.Role, subject string) context.Context {
	return access.With(h.t.Context(), access.Principal{Role: role, Subject: subject})
}

func (h *fixture) agent() context.Context    { return h.as(accessv1.Role_ROLE_AGENT, "agents/anna") }
func (h *fixture) customer() context.Context { return h.as(accessv1.Role_ROLE_CUSTOMER, olena) }
func (h *fixture) stranger() context.Context { return h.as(accessv1.Role_ROLE_CUSTOMER, ivan) }

// keyed calls the method under an idempotency key.
func keyed(ctx context.Context, method, key string) (context.Context, *header) {
	back := &header{method: method}
	ctx = metadata.NewIncomingContext(ctx, metadata.Pairs("idempotency-key", key))
	return grpc.NewContextWithServerTransportStream(ctx, back), back
}

func euros(cents int64) *money.Money {
	return &money.Money{CurrencyCode: "EUR", Units: cents / 100, Nanos: int32(cents % 100 * 10_000_000)}
}

func cents(m *money.Money) int64 { return m.GetUnits()*100 + int64(m.GetNanos())/10_000_000 }

// product makes a product with units on the shelf.
func (h *fixture) product(price, units int64) string {
	name := "x" + strings.ReplaceAll(id.New(), "-", "")
	return h.productIn(euros(price), name, units)
}

func (h *fixture) productIn(price *money.Money, id string, units int64) string {
	p, err := h.catalog.CreateProduct(h.agent(), &orderv1.CreateProductRequest{
		ProductId: id, Product: &orderv1.Product{DisplayName: "Product " + id, UnitPrice: price},
	})
	require.NoError(h.t, err)
	if units > 0 {
		h.adjust(p.GetName(), units)
	}
	return p.GetName()
}

func (h *fixture) adjust(product string, delta int64) *orderv1.Stock {
	s, err := h.stock.AdjustStock(h.agent(), &orderv1.AdjustStockRequest{
		Name: product + "/stock", QuantityDelta: delta, Reason: "delivery 4711",
	})
	require.NoError(h.t, err)
	return s
}

// express makes a way of delivery within 24 hours that costs this much.
func (h *fixture) express(fee int64) string {
	o, err := h.fulfillment.CreateDeliveryOption(h.agent(), &orderv1.CreateDeliveryOptionRequest{
		DeliveryOptionId: "x" + strings.ReplaceAll(id.New(), "-", ""),
		DeliveryOption: &orderv1.DeliveryOption{
			DisplayName: "Express", PromisedDuration: durationpb.New(24 * time.Hour), SpeedFee: euros(fee),
		},
	})
	require.NoError(h.t, err)
	return o.GetName()
}

type wanted struct {
	product  string
	quantity int64
}

// order places an order of Olena's, with 9.90 paid for speed.
func (h *fixture) order(lines ...wanted) *orderv1.Order { return h.orderBy(h.express(990), lines...) }

func (h *fixture) orderBy(option string, lines ...wanted) *orderv1.Order {
	kittest.Exec(h.t, h.db, `insert into known_customer (name) values ($1) on conflict (name) do nothing`, olena)
	o := &orderv1.Order{Customer: olena, DeliveryOption: option, Channel: typepb.Channel_PHONE}
	for _, l := range lines {
		o.Lines = append(o.Lines, &orderv1.Order_Line{Product: l.product, Quantity: l.quantity})
	}
	placed, err := h.orders.CreateOrder(h.agent(), &orderv1.CreateOrderRequest{Order: o})
	require.NoError(h.t, err)
	return placed
}

func (h *fixture) get(order string) *orderv1.Order {
	o, err := h.orders.GetOrder(h.agent(), &orderv1.GetOrderRequest{Name: order})
	require.NoError(h.t, err)
	return o
}

func (h *fixture) stockOf(product string) *orderv1.Stock {
	s, err := h.stock.GetStock(h.agent(), &orderv1.GetStockRequest{Name: product + "/stock"})
	require.NoError(h.t, err)
	return s
}

func (h *fixture) refunds(order string) []*orderv1.Refund {
	list, err := h.payment.ListRefunds(h.agent(), &orderv1.ListRefundsRequest{Parent: order})
	require.NoError(h.t, err)
	return list.GetRefunds()
}

// work carries out all timers that are due.
func (h *fixture) work() {
	for {
		n, err := h.worker.Round(context.WithoutCancel(h.t.Context()))
		require.NoError(h.t, err)
		if n == 0 {
			return
		}
	}
}

// hear has the service take in an event of another's.
func (h *fixture) hear(subject string, fact proto.Message) {
	e, err := event.New(h.t.Context(), "customer", subject, 1, h.clock.Now(), fact)
	require.NoError(h.t, err)
	require.NoError(h.t, h.consumer.Handle(h.t.Context(), []event.Event{e}))
	require.Zero(h.t, kittest.Number(h.t, h.db, `select count(*) from timer where attempts > 0`), "events that could not be taken in")
}

// overdue has the book ask whether a promise was kept.
func (h *fixture) overdue(promise, subject string) {
	h.hear(promise, &promisev1.PromiseDue{Promise: promise, About: subject, Service: "order"})
}

// said are the facts of a type about a subject, the oldest first.
func said[T proto.Message](h *fixture, subject string, fact T) []T {
	kind := fact.ProtoReflect().Type()
	rows, err := h.db.Query(h.t.Context(), `select data from outbox where subject = $1 and type = $2 order by id`,
		subject, string(kind.Descriptor().FullName()))
	require.NoError(h.t, err)
	all, err := sqldb.All(rows, func(r *sqldb.Rows) (T, error) {
		var data []byte
		out := kind.New().Interface().(T)
		if err := r.Scan(&data); err != nil {
			return out, err
		}
		return out, proto.Unmarshal(data, out)
	})
	require.NoError(h.t, err)
	return all
}

// refused requires that an error has the reason.
func refused(t testing.TB, reason string, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, reason, errs.ReasonOf(err), "%v", err)
}

// splitName is the ids of an order and of what is below it.
func splitName(name string) (order, id string) {
	parts := strings.Split(name, "/")
	return parts[1], parts[3]
}
