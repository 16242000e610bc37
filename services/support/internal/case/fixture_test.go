package cases

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/peer"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

var start = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

// hands is a clock that stands still until it is moved.
type hands struct{ micros atomic.Int64 }

func (h *hands) Now() time.Time          { return time.UnixMicro(h.micros.Load()).UTC() }
func (h *hands) advance(d time.Duration) { h.micros.Add(d.Microseconds()) }
func newHands() *hands                   { h := &hands{}; h.micros.Store(start.UnixMicro()); return h }

// otherServices are the other services: the orders that there are, and the customers.
type otherServices struct {
	orderv1.UnimplementedOrderServiceServer
	mu        sync.Mutex
	orders    map[string]*orderv1.Order
	customers map[string]bool
	away      bool
	asked     func(ctx context.Context) // before each answer about an order
	failure   codes.Code                // of all questions about orders
}

func (h *otherServices) failWith(code codes.Code) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failure = code
}

func (h *otherServices) GetOrder(ctx context.Context, req *orderv1.GetOrderRequest) (*orderv1.Order, error) {
	h.mu.Lock()
	order, away, asked, failure := h.orders[req.GetName()], h.away, h.asked, h.failure
	h.mu.Unlock()
	if asked != nil {
		asked(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case away:
		return nil, status.Error(codes.Unavailable, "away")
	case failure != codes.OK:
		return nil, status.Error(failure, "so it is")
	case order == nil:
		return nil, errs.NotFound(req.GetName()).GRPCStatus().Err()
	}
	return order, nil
}

// payments has a refund for every name.
type payments struct {
	orderv1.UnimplementedPaymentServiceServer
}

func (payments) GetRefund(_ context.Context, req *orderv1.GetRefundRequest) (*orderv1.Refund, error) {
	return &orderv1.Refund{Name: req.GetName()}, nil
}

type customerService struct {
	customerv1.UnimplementedCustomerServiceServer
	*otherServices
}

func (r customerService) GetCustomer(_ context.Context, req *customerv1.GetCustomerRequest) (*customerv1.Customer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.away:
		return nil, status.Error(codes.Unavailable, "away")
	case !r.customers[req.GetName()]:
		return nil, errs.NotFound(req.GetName()).GRPCStatus().Err()
	}
	return &customerv1.Customer{Name: req.GetName()}, nil
}

func (h *otherServices) goAway(away bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = away
}

func (h *otherServices) whenAsked(do func(context.Context)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = do
}

// order places an order of the customer's.
func (h *otherServices) order(customer string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	order := &orderv1.Order{
		Name: "orders/" + id.New(), Customer: customer, State: orderv1.Order_PLACED, PromiseState: orderv1.Order_OPEN,
	}
	h.orders[order.Name] = order
	return order.Name
}

// tb is what a test and a property have in common.
type tb interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// fixture is the service with one customer, Olena, who is known, and all that a service has around it.
type fixture struct {
	*Service
	others   *otherServices
	hands    *hands
	worker   *timer.Worker
	consumer *inbox.Inbox
	olena    string
}

func onBoth(t *testing.T, test func(t *testing.T, b *fixture)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) { test(t, newFixture(t, migrated(t, db))) })
}

func migrated(t testing.TB, db *sqldb.DB) *sqldb.DB {
	require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
	return db
}

func newFixture(t testing.TB, db *sqldb.DB) *fixture {
	h := &otherServices{orders: map[string]*orderv1.Order{}, customers: map[string]bool{}}
	others := peer.NewChannel(nil, nil)
	orderv1.RegisterOrderServiceServer(others, h)
	orderv1.RegisterPaymentServiceServer(others, payments{})
	customerv1.RegisterCustomerServiceServer(others, customerService{otherServices: h})
	b := &fixture{others: h, hands: newHands()}
	log, tracer, counter := slog.New(slog.DiscardHandler), kittest.Tracer(), &telemetry.Activity{}
	b.Service = New(kit.Deps{
		DB: db, Clock: b.hands, Outbox: outbox.New("support", b.hands), Log: log,
		Peer: func(string) grpc.ClientConnInterface { return others },
	})
	b.worker = timer.NewWorker(timer.Config{DB: db, Clock: b.hands, Log: log, Tracer: tracer, Activity: counter})
	b.Capability().Timers(b.worker)
	b.consumer = inbox.New(inbox.Config{
		DB: db, Clock: b.hands, Log: log, Tracer: tracer, Activity: counter, Handlers: b.Capability().Events,
	}, b.worker)
	b.olena = b.customer(t)
	return b
}

// customer is somebody new, who is known here.
func (b *fixture) customer(t tb) string {
	name := "customers/" + id.New()
	b.hear(t, &customerv1.CustomerCreated{Customer: name})
	return name
}

func as(t tb, role accessv1.Role, subject string) context.Context {
	return access.With(t.Context(), access.Principal{Role: role, Subject: subject})
}

func customer(t tb, name string) context.Context {
	return as(t, accessv1.Role_ROLE_CUSTOMER, name)
}

func agent(t tb) context.Context {
	return as(t, accessv1.Role_ROLE_AGENT, "agents/anna")
}

// ask has Olena ask about something.
func (b *fixture) ask(t tb, about string) *supportv1.Case {
	return b.askKind(t, about, supportv1.Case_QUESTION)
}

func (b *fixture) askKind(t tb, about string, kind supportv1.Case_Kind) *supportv1.Case {
	c, err := b.CreateCase(customer(t, b.olena), b.request(about, kind))
	require.NoError(t, err)
	return c
}

func (b *fixture) request(about string, kind supportv1.Case_Kind) *supportv1.CreateCaseRequest {
	return &supportv1.CreateCaseRequest{Case: &supportv1.Case{
		Customer: b.olena, Title: "My order", Description: "Where is it?", About: about, Kind: kind,
	}}
}

func (b *fixture) get(t tb, name string) *supportv1.Case {
	c, err := b.GetCase(agent(t), &supportv1.GetCaseRequest{Name: name})
	require.NoError(t, err)
	return c
}

func (b *fixture) contact(t tb, name, body string) *supportv1.Case {
	entry, err := b.ContactCase(customer(t, b.olena), &supportv1.ContactCaseRequest{Name: name, Body: body})
	require.NoError(t, err)
	require.Equal(t, body, entry.GetBody())
	return b.get(t, name)
}

func (b *fixture) reply(t tb, name string) *supportv1.Case {
	entry, err := b.ReplyCase(agent(t), &supportv1.ReplyCaseRequest{Name: name, Body: "It comes today."})
	require.NoError(t, err)
	read, err := b.GetCaseEntry(agent(t), &supportv1.GetCaseEntryRequest{Name: entry.GetName()})
	require.NoError(t, err)
	require.True(t, proto.Equal(entry, read), "%v is not %v", entry, read)
	return b.get(t, name)
}

func (b *fixture) close(t tb, name string) *supportv1.Case {
	c, err := b.CloseCase(agent(t), &supportv1.CloseCaseRequest{Name: name, Resolution: "It came"})
	require.NoError(t, err)
	return c
}

// entries are what was said in a case, as an employee sees it.
func (b *fixture) entries(t tb, name string) []*supportv1.CaseEntry {
	list, err := b.ListCaseEntries(agent(t), &supportv1.ListCaseEntriesRequest{Parent: name, PageSize: 1000})
	require.NoError(t, err)
	return list.GetCaseEntries()
}

// by picks the entries of an author.
func by(author supportv1.CaseEntry_Author, all []*supportv1.CaseEntry) []*supportv1.CaseEntry {
	return slices.DeleteFunc(slices.Clone(all), func(e *supportv1.CaseEntry) bool { return e.GetAuthor() != author })
}

// hear has the service take in facts, each as an event of its own, and wants all of them to be dealt with.
func (b *fixture) hear(t tb, facts ...proto.Message) {
	t.Helper()
	for _, fact := range facts {
		b.hearEvents(t, b.event(t, fact))
	}
}

func (b *fixture) event(t tb, fact proto.Message) event.Event {
	e, err := event.New(t.Context(), "elsewhere", "things/1", 1, b.hands.Now(), fact)
	require.NoError(t, err)
	return e
}

func (b *fixture) hearEvents(t tb, events ...event.Event) {
	t.Helper()
	require.NoError(t, b.consumer.Handle(t.Context(), events))
	require.Zero(t, b.number(t, `select count(*) from timer where attempts > 0`), "events that failed")
}

// round carries out what is due.
func (b *fixture) round(t tb) {
	_, err := b.worker.Round(t.Context())
	require.NoError(t, err)
}

// number is the answer of a query for one number.
func (b *fixture) number(t tb, text string, args ...any) int64 {
	rows, err := b.db.Query(t.Context(), text, args...)
	require.NoError(t, err)
	n, err := sqldb.One(rows, func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
	require.NoError(t, err)
	return n
}

// said are the facts of a type that the service has said about a case, the oldest first.
func said[T proto.Message](t tb, b *fixture, name string) []T {
	var zero T
	kind := zero.ProtoReflect().Type()
	rows, err := b.db.Query(t.Context(), `select data from outbox where type = $1 and subject = $2 order by id`,
		string(kind.Descriptor().FullName()), name)
	require.NoError(t, err)
	facts, err := sqldb.All(rows, func(r *sqldb.Rows) (T, error) {
		var data []byte
		fact := kind.New().Interface().(T)
		if err := r.Scan(&data); err != nil {
			return fact, err
		}
		return fact, proto.Unmarshal(data, fact)
	})
	require.NoError(t, err)
	return facts
}

// refused wants an error of this reason.
func refused(t tb, err error, kind errs.Kind, reason string) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, kind.String()+" "+reason, errs.KindOf(err).String()+" "+errs.ReasonOf(err), err.Error())
}

func contains(t tb, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		require.True(t, strings.Contains(text, part), "%q in %q", part, text)
	}
}

// serviceBeside is a service without a database, beside the others.
func serviceBeside(h *otherServices) *Service {
	others := peer.NewChannel(nil, nil)
	orderv1.RegisterOrderServiceServer(others, h)
	return New(kit.Deps{
		Log: slog.New(slog.DiscardHandler), Peer: func(string) grpc.ClientConnInterface { return others },
	})
}

func customerPrincipal(name string) access.Principal {
	return access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: name}
}

// client calls the service as somebody, through a connection.
func (b *fixture) client(who access.Principal) supportv1.CaseServiceClient {
	channel := peer.NewChannel(
		func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			return handle(access.With(ctx, who), req)
		}, nil)
	supportv1.RegisterCaseServiceServer(channel, b.Service)
	return supportv1.NewCaseServiceClient(channel)
}
