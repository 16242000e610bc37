package loyalty_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/event"
	"kept.dev/kit/inbox"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	"kept.dev/services/loyalty"
)

func TestMain(m *testing.M) {
	_ = flag.Set("rapid.steps", "12") // the default is 30, and a step with its proof is many statements
	kittest.Main(m)
}

// fixture is the whole service on a database of its own, without a server around it.
type fixture struct {
	t        testing.TB
	db       *sqldb.DB
	clock    *clock.Sandbox
	people   *people
	programs loyaltyv1.ProgramServiceServer
	accounts loyaltyv1.AccountServiceServer
	consumer *inbox.Inbox
	worker   *timer.Worker
}

func onBoth(t *testing.T, test func(t *testing.T, h *fixture)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) { test(t, newFixture(t, db)) })
}

func newFixture(t testing.TB, db *sqldb.DB) *fixture {
	h := &fixture{t: t, db: db, clock: &clock.Sandbox{}, people: &people{}}
	log, tracer, counter := slog.New(slog.DiscardHandler), kittest.Tracer(), &telemetry.Activity{}
	service, err := loyalty.New(kit.Deps{
		DB: db, Clock: h.clock, Outbox: outbox.New("loyalty", h.clock), Log: log,
		Peer: func(string) grpc.ClientConnInterface { return h.people },
	})
	require.NoError(t, err)
	require.NoError(t, db.Migrate(t.Context(), service.Migrations, "schema_version"))
	service.Register(h)
	h.worker = timer.NewWorker(timer.Config{DB: db, Clock: h.clock, Log: log, Tracer: tracer, Activity: counter})
	h.consumer = inbox.New(inbox.Config{
		Service: "loyalty", DB: db, Clock: h.clock, Log: log, Tracer: tracer, Activity: counter, Handlers: service.Events(),
	}, h.worker)
	return h
}

// RegisterService takes the place of a server.
func (h *fixture) RegisterService(_ *grpc.ServiceDesc, impl any) {
	switch served := impl.(type) {
	case loyaltyv1.ProgramServiceServer:
		h.programs = served
	case loyaltyv1.AccountServiceServer:
		h.accounts = served
	}
}

// people stands for the customer service.
type people struct {
	grpc.ClientConnInterface
	sync.Mutex
	knows func(name string) bool
	fault error
	asked []string
}

func (p *people) know(whom func(name string) bool) {
	p.Lock()
	defer p.Unlock()
	p.knows = whom
}

func (p *people) Invoke(_ context.Context, _ string, req, answer any, _ ...grpc.CallOption) error {
	p.Lock()
	defer p.Unlock()
	if about, ok := req.(interface{ GetName() string }); ok && !strings.HasPrefix(about.GetName(), "customers/") {
		if about.GetName() == "orders/none" {
			return errs.NotFound(about.GetName())
		}
		return nil // what points are given for is there
	}
	name := req.(*customerv1.GetCustomerRequest).GetName()
	p.asked = append(p.asked, name)
	if p.fault != nil {
		return p.fault
	}
	if p.knows == nil || !p.knows(name) {
		return errs.NotFound(name)
	}
	proto.Merge(answer.(proto.Message), &customerv1.Customer{Name: name})
	return nil
}

// as is the context of a call by somebody.
func as(ctx context.Context, role accessv1.Role, subject string) context.Context {
	return access.With(ctx, access.Principal{Role: role, Subject: subject})
}

func (h *fixture) agent() context.Context {
	return as(h.t.Context(), accessv1.Role_ROLE_AGENT, "agents/anna")
}

func (h *fixture) customer(id string) context.Context {
	return as(h.t.Context(), accessv1.Role_ROLE_CUSTOMER, "customers/"+id)
}

// keyed is the context of a call with an idempotency key, as a server would make it.
func keyed(ctx context.Context, key string) context.Context {
	ctx = metadata.NewIncomingContext(ctx, metadata.Pairs(change.Header, key))
	return grpc.NewContextWithServerTransportStream(ctx, headers{})
}

// headers takes the place of an answer's headers.
type headers struct{ grpc.ServerTransportStream }

func (headers) Method() string               { return "/test" }
func (headers) SetHeader(metadata.MD) error  { return nil }
func (headers) SendHeader(metadata.MD) error { return nil }

// fact is an event that somebody says.
func fact(t testing.TB, subject string, message proto.Message) event.Event {
	e, err := event.New(t.Context(), "test", subject, 1, clock.Wall{}.Now(), message)
	require.NoError(t, err)
	return e
}

// take takes in batches of events one after the other.
func (h *fixture) take(batches ...[]event.Event) error {
	for _, batch := range batches {
		if err := h.consumer.Handle(h.t.Context(), batch); err != nil {
			return err
		}
	}
	return nil
}

// hear takes in events, all of which have to succeed at once.
func (h *fixture) hear(events ...event.Event) {
	h.t.Helper()
	require.NoError(h.t, h.take(events))
	require.Empty(h.t, h.failed(), "events that failed")
}

func (h *fixture) failed() []timer.Failed {
	failed, err := timer.ListFailed(h.t.Context(), h.db, timer.Failed{}, 10)
	require.NoError(h.t, err)
	return failed
}

// catchUp has those events succeed that were put off, as some may be that met others at the same rows again and again.
func (h *fixture) catchUp() {
	for range 5 {
		if len(h.failed()) == 0 {
			return
		}
		h.clock.Advance(h.clock.Offset() + time.Hour)
		_, err := h.worker.Round(h.t.Context())
		require.NoError(h.t, err)
	}
	require.Empty(h.t, h.failed(), "events that failed")
}

func (h *fixture) prove(program string) *loyaltyv1.VerifyLedgerResponse {
	h.t.Helper()
	proof, err := h.programs.VerifyLedger(h.t.Context(), &loyaltyv1.VerifyLedgerRequest{Name: "programs/" + program})
	require.NoError(h.t, err)
	return proof
}

func (h *fixture) createProgram(id string, rate int64, currency string) {
	h.t.Helper()
	_, err := h.programs.CreateProgram(h.t.Context(), &loyaltyv1.CreateProgramRequest{
		ProgramId: id, Program: &loyaltyv1.Program{DisplayName: id, PointsPerUnit: rate, CurrencyCode: currency},
	})
	require.NoError(h.t, err)
}

// setRate says what is earned in the main programme.
func (h *fixture) setRate(t require.TestingT, rate int64) {
	_, err := h.programs.UpdateProgram(h.t.Context(), &loyaltyv1.UpdateProgramRequest{
		Program:    &loyaltyv1.Program{Name: "programs/main", PointsPerUnit: rate},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"points_per_unit"}},
	})
	require.NoError(t, err)
}

// postings are all postings of an account, the latest first, read by pages of the size.
func (h *fixture) postings(t require.TestingT, account string, size int32) (all []*loyaltyv1.Posting) {
	req := &loyaltyv1.ListPostingsRequest{Parent: account, PageSize: size}
	for {
		page, err := h.accounts.ListPostings(h.agent(), req)
		require.NoError(t, err)
		all = append(all, page.GetPostings()...)
		if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
			return all
		}
	}
}

// statement is an account's postings, sorted as the model has them. Each balance has to follow from the one before.
func (h *fixture) statement(t require.TestingT, account string) (lines []string) {
	balance := int64(0)
	for _, p := range slices.Backward(h.postings(t, account, 1000)) {
		balance += p.GetPoints()
		require.Equal(t, balance, p.GetBalance(), "the balance after %v", p)
		lines = append(lines, fmt.Sprint(p.GetKind(), p.GetPoints(), p.GetAbout()))
	}
	slices.Sort(lines)
	return lines
}
