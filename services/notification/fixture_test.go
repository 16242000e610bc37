package notification

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/keyring"
	"kept.dev/kit/kittest"
	"kept.dev/kit/live"
	"kept.dev/kit/outbox"
	"kept.dev/kit/peer"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

func TestMain(m *testing.M) { kittest.Main(m) }

const (
	olena = "customers/olena"
	ivan  = "customers/ivan"
)

// fixture is the whole service on a database, among other services that the test plays.
type fixture struct {
	t     testing.TB
	db    *sqldb.DB
	clock *clock.Sandbox
	log   *bytes.Buffer
	deps  kit.Deps

	post      *post
	customers *customers
	orders    *orders
	cases     *cases

	service  *kit.Service
	channel  *peer.Channel
	worker   *timer.Worker
	consumer *inbox.Inbox
}

func onBoth(t *testing.T, test func(t *testing.T, b *fixture), tune ...func(*kit.Deps)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) { test(t, newFixture(t, db, tune...)) })
}

func newFixture(t testing.TB, db *sqldb.DB, tune ...func(*kit.Deps)) *fixture {
	t.Helper()
	b := &fixture{
		t: t, db: db, clock: &clock.Sandbox{}, log: &bytes.Buffer{}, post: &post{},
		customers: &customers{known: map[string]*customerv1.Customer{}}, orders: &orders{answers: map[string]*orderv1.Shortage{}},
		cases: &cases{entries: map[string]string{}},
	}
	neighbours := peer.NewChannel(nil, nil)
	customerv1.RegisterCustomerServiceServer(neighbours, b.customers)
	orderv1.RegisterShortageServiceServer(neighbours, b.orders)
	supportv1.RegisterCaseServiceServer(neighbours, b.cases)
	b.deps = kit.Deps{
		DB: db, Clock: b.clock, Outbox: outbox.New("notification", b.clock), Log: slog.New(slog.NewTextHandler(b.log, nil)),
		Meter: noop.Meter{}, Peer: func(string) grpc.ClientConnInterface { return neighbours }, Live: live.NewLocal(),
		Signer: keyring.NewSigner([]byte("0123456789abcdef0123456789abcdef")), Mail: kit.Mail{PublicURL: "https://shop.example/"},
	}
	for _, f := range tune {
		f(&b.deps)
	}
	b.service = b.made(t)
	require.NoError(t, db.Migrate(t.Context(), b.service.Migrations, "schema_version"))
	b.channel = peer.NewChannel(b.whoever, b.whoeverStreams)
	b.service.Register(b.channel)
	b.worker = b.newWorker()
	b.consumer = inbox.New(inbox.Config{
		DB: db, Clock: b.clock, Log: b.deps.Log, Tracer: kittest.Tracer(), Activity: &telemetry.Activity{}, Handlers: b.service.Events(),
	}, b.worker)
	return b
}

// made is the service with the test's post, or with the real one where the test has set a folder for it.
func (b *fixture) made(t testing.TB) *kit.Service {
	t.Helper()
	service, err := assemble(b.deps, b.post)
	if b.deps.Mail.Folder != "" {
		service, err = New(b.deps)
	}
	require.NoError(t, err)
	return service
}

func (b *fixture) newWorker() *timer.Worker {
	w := timer.NewWorker(timer.Config{
		DB: b.db, Clock: b.clock, Log: b.deps.Log, Tracer: kittest.Tracer(), Activity: &telemetry.Activity{},
	})
	b.service.Timers(w)
	return w
}

// whoever believes what a test says of who calls.
func (b *fixture) whoever(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	return handle(callerOf(ctx), req)
}

func (b *fixture) whoeverStreams(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	return handle(srv, &believing{stream})
}

type believing struct{ grpc.ServerStream }

func (s *believing) Context() context.Context { return callerOf(s.ServerStream.Context()) }

func callerOf(ctx context.Context) context.Context {
	role := metadata.ValueFromIncomingContext(ctx, "role")
	if len(role) == 0 {
		return ctx
	}
	n, _ := strconv.Atoi(role[0])
	return access.With(ctx, access.Principal{
		Role: accessv1.Role(n), Subject: metadata.ValueFromIncomingContext(ctx, "subject")[0],
	})
}

// as is the context of a caller.
func (b *fixture) as(role accessv1.Role, subject string) context.Context {
	return metadata.AppendToOutgoingContext(b.t.Context(), "role", strconv.Itoa(int(role)), "subject", subject)
}

func (b *fixture) customer(name string) context.Context {
	return b.as(accessv1.Role_ROLE_CUSTOMER, name)
}
func (b *fixture) agent() context.Context { return b.as(accessv1.Role_ROLE_AGENT, "agents/anna") }

func (b *fixture) messages() notificationv1.MessageServiceClient {
	return notificationv1.NewMessageServiceClient(b.channel)
}

func (b *fixture) actions() notificationv1.ActionServiceClient {
	return notificationv1.NewActionServiceClient(b.channel)
}

func (b *fixture) templates() notificationv1.TemplateServiceClient {
	return notificationv1.NewTemplateServiceClient(b.channel)
}

// news makes an event of a fact.
func (b *fixture) news(subject string, version int64, fact proto.Message) event.Event {
	b.t.Helper()
	e, err := event.New(b.t.Context(), "test", subject, version, b.clock.Now(), fact)
	require.NoError(b.t, err)
	return e
}

// take takes a fact in, and does nothing yet.
func (b *fixture) take(fact proto.Message) {
	b.t.Helper()
	require.NoError(b.t, b.consumer.Handle(b.t.Context(), []event.Event{b.news("test", 1, fact)}))
}

// hear takes events in and does what is due then.
func (b *fixture) hear(events ...event.Event) {
	b.t.Helper()
	require.NoError(b.t, b.consumer.Handle(b.t.Context(), events))
	b.work()
}

// told takes in a fact.
func (b *fixture) told(fact proto.Message) event.Event {
	b.t.Helper()
	e := b.news("test", 1, fact)
	b.hear(e)
	return e
}

// work does what is due until there is nothing more.
func (b *fixture) work() {
	b.t.Helper()
	for range 100 {
		n, err := b.worker.Round(b.t.Context())
		require.NoError(b.t, err)
		if n == 0 {
			return
		}
	}
	require.Fail(b.t, "there is no end to it")
}

func (b *fixture) pass(d time.Duration) {
	b.t.Helper()
	b.clock.Advance(b.clock.Offset() + d)
	b.work()
}

// meet makes a customer's contact known.
func (b *fixture) meet(customer, language, email string) {
	b.t.Helper()
	b.hear(b.news(customer, 1, &customerv1.CustomerContactChanged{
		Customer: customer, DisplayName: "Olena", LanguageCode: language, Email: email, EmailConfirmed: true,
	}))
}

// only is the one message there is.
func (b *fixture) only(ctx context.Context) *notificationv1.Message {
	b.t.Helper()
	list, err := b.messages().ListMessages(ctx, &notificationv1.ListMessagesRequest{})
	require.NoError(b.t, err)
	require.Len(b.t, list.GetMessages(), 1)
	return list.GetMessages()[0]
}

// said counts the events of a type that the service said.
func (b *fixture) said(fact proto.Message) int64 {
	b.t.Helper()
	return kittest.Number(b.t, b.db, `select count(*) from outbox where type = $1`, string(fact.ProtoReflect().Descriptor().FullName()))
}

// shortage is what is missing from one of Olena's orders.
func (b *fixture) shortage() *orderv1.ShortageReported {
	return &orderv1.ShortageReported{
		Shortage: "orders/0190/shortages/7", Order: "orders/0190", Customer: olena, Product: "products/pot",
		ProductDisplayName: "Coffee pot", Quantity: 2, Reason: "Broken in the warehouse",
		ExpectedDeliveryTime: timestamppb.New(b.clock.Now().Add(72 * time.Hour)), Substitute: "products/tea-pot", SubstituteDisplayName: "Tea pot",
		Choices:       []orderv1.Shortage_Choice{orderv1.Shortage_WAIT, orderv1.Shortage_SUBSTITUTE, orderv1.Shortage_CANCEL},
		DefaultChoice: orderv1.Shortage_WAIT, AnswerDueTime: timestamppb.New(b.clock.Now().Add(24 * time.Hour)),
	}
}

func stateOf(m *notificationv1.Message, channel typepb.Channel) notificationv1.Message_State {
	for _, d := range m.GetDeliveries() {
		if d.GetChannel() == channel {
			return d.GetState()
		}
	}
	return notificationv1.Message_STATE_UNSPECIFIED
}

// locked guards what a neighbour of the test does.
type locked struct{ mu sync.Mutex }

func (l *locked) hold() func() {
	l.mu.Lock()
	return l.mu.Unlock
}
