package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/gateway"
	"kept.dev/kit/peer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// backend is one process's services: it notes what arrives, and answers or fails as it is told.
type backend struct {
	customerv1.UnimplementedCustomerServiceServer
	customerv1.UnimplementedPromiseServiceServer
	customerv1.UnimplementedIdentityServiceServer
	customerv1.UnimplementedTimelineServiceServer
	customerv1.UnimplementedScorecardServiceServer
	orderv1.UnimplementedCatalogServiceServer
	orderv1.UnimplementedStockServiceServer
	orderv1.UnimplementedOrderServiceServer
	orderv1.UnimplementedFulfillmentServiceServer
	orderv1.UnimplementedPaymentServiceServer
	orderv1.UnimplementedShortageServiceServer
	orderv1.UnimplementedTrackingServiceServer
	orderv1.UnimplementedImportServiceServer
	loyaltyv1.UnimplementedProgramServiceServer
	loyaltyv1.UnimplementedAccountServiceServer
	notificationv1.UnimplementedTemplateServiceServer
	notificationv1.UnimplementedMessageServiceServer
	notificationv1.UnimplementedActionServiceServer
	supportv1.UnimplementedCaseServiceServer
	opsv1.UnimplementedDeadLetterServiceServer
	opsv1.UnimplementedAuditServiceServer
	opsv1.UnimplementedSandboxServiceServer

	name  string
	mu    sync.Mutex
	got   metadata.MD
	last  any
	fail  error
	say   metadata.MD
	do    func(context.Context)
	track tracking
	write writing

	action *notificationv1.Action
	refuse error // to take it
	taken  int
}

// unary is the interceptor: every call passes here.
func (b *backend) unary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	b.mu.Lock()
	md, _ := metadata.FromIncomingContext(ctx)
	b.got, b.last = md, req
	fail, say, do := b.fail, b.say, b.do
	b.mu.Unlock()
	if do != nil {
		do(ctx)
	}
	if say != nil {
		if err := grpc.SetHeader(ctx, say); err != nil {
			return nil, err
		}
	}
	if fail != nil {
		return nil, fail
	}
	return next(ctx, req)
}

func (b *backend) set(f func(*backend)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b)
}

func (b *backend) metadata() metadata.MD {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got
}

func (b *backend) request() any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

func (b *backend) register(to grpc.ServiceRegistrar) {
	switch b.name {
	case "customer":
		customerv1.RegisterCustomerServiceServer(to, b)
		customerv1.RegisterPromiseServiceServer(to, b)
		customerv1.RegisterIdentityServiceServer(to, b)
		customerv1.RegisterTimelineServiceServer(to, b)
		customerv1.RegisterScorecardServiceServer(to, b)
		opsv1.RegisterSandboxServiceServer(to, b)
	case "order":
		orderv1.RegisterCatalogServiceServer(to, b)
		orderv1.RegisterStockServiceServer(to, b)
		orderv1.RegisterOrderServiceServer(to, b)
		orderv1.RegisterFulfillmentServiceServer(to, b)
		orderv1.RegisterPaymentServiceServer(to, b)
		orderv1.RegisterShortageServiceServer(to, b)
		orderv1.RegisterTrackingServiceServer(to, b)
		orderv1.RegisterImportServiceServer(to, b)
	case "loyalty":
		loyaltyv1.RegisterProgramServiceServer(to, b)
		loyaltyv1.RegisterAccountServiceServer(to, b)
	case "notification":
		notificationv1.RegisterTemplateServiceServer(to, b)
		notificationv1.RegisterMessageServiceServer(to, b)
		notificationv1.RegisterActionServiceServer(to, b)
	case "support":
		supportv1.RegisterCaseServiceServer(to, b)
	}
	opsv1.RegisterDeadLetterServiceServer(to, b)
	opsv1.RegisterAuditServiceServer(to, b)
}

func (b *backend) GetCustomer(_ context.Context, r *customerv1.GetCustomerRequest) (*customerv1.Customer, error) {
	return &customerv1.Customer{Name: r.GetName(), DisplayName: "Anna"}, nil
}

func (b *backend) CreateCustomer(_ context.Context, r *customerv1.CreateCustomerRequest) (*customerv1.Customer, error) {
	return r.GetCustomer(), nil
}

func (b *backend) GetProduct(_ context.Context, r *orderv1.GetProductRequest) (*orderv1.Product, error) {
	return product(r.GetName()), nil
}

func product(name string) *orderv1.Product {
	return &orderv1.Product{Name: name, DisplayName: "A blue teapot of one litre",
		UnitPrice:  &money.Money{CurrencyCode: "EUR", Units: 24, Nanos: 900_000_000},
		CreateTime: &timestamppb.Timestamp{Seconds: 1_800_000_000}}
}

func (b *backend) GetStock(_ context.Context, r *orderv1.GetStockRequest) (*orderv1.Stock, error) {
	return &orderv1.Stock{Name: r.GetName()}, nil
}

func (b *backend) AdjustStock(_ context.Context, r *orderv1.AdjustStockRequest) (*orderv1.Stock, error) {
	return &orderv1.Stock{Name: r.GetName()}, nil
}

func (b *backend) CreateOrder(_ context.Context, r *orderv1.CreateOrderRequest) (*orderv1.Order, error) {
	return r.GetOrder(), nil
}

func (b *backend) GetOrder(_ context.Context, r *orderv1.GetOrderRequest) (*orderv1.Order, error) {
	return &orderv1.Order{Name: r.GetName(), CancelReason: strings.Repeat("long ", 400)}, nil
}

func (b *backend) ListOrders(_ context.Context, r *orderv1.ListOrdersRequest) (*orderv1.ListOrdersResponse, error) {
	return &orderv1.ListOrdersResponse{NextPageToken: r.GetPageToken()}, nil
}

func (b *backend) CancelOrder(_ context.Context, r *orderv1.CancelOrderRequest) (*orderv1.Order, error) {
	return &orderv1.Order{Name: r.GetName(), CancelReason: r.GetReason()}, nil
}

func (b *backend) PickOrder(_ context.Context, r *orderv1.PickOrderRequest) (*orderv1.Order, error) {
	return &orderv1.Order{Name: r.GetName()}, nil
}

func (b *backend) ListDeadLetters(_ context.Context, r *opsv1.ListDeadLettersRequest) (*opsv1.ListDeadLettersResponse, error) {
	return &opsv1.ListDeadLettersResponse{NextPageToken: "of " + b.name}, nil
}

func (b *backend) ReplayDeadLetter(_ context.Context, r *opsv1.ReplayDeadLetterRequest) (*opsv1.DeadLetter, error) {
	return &opsv1.DeadLetter{Name: r.GetName(), Subject: "of " + b.name}, nil
}

func (b *backend) GetClock(_ context.Context, r *opsv1.GetClockRequest) (*opsv1.Clock, error) {
	return &opsv1.Clock{Name: r.GetName()}, nil
}

// world is a gateway and the backends behind it.
type world struct {
	http.Handler
	customer, order, loyalty, notification, support *backend
}

// newWorld puts the backends in this process.
func newWorld(t testing.TB, change ...func(*gateway.Config)) *world {
	return connected(t, func(b *backend) grpc.ClientConnInterface {
		channel := peer.NewChannel(b.unary, nil)
		b.register(channel)
		return channel
	}, change...)
}

// again has calls made again, as connections between services do.
const again = `{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 2, "initialBackoff": "0.001s", "maxBackoff": "0.001s",
	"backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]}}]}`

// newDistributedWorld puts them behind real gRPC.
func newDistributedWorld(t testing.TB, change ...func(*gateway.Config)) *world {
	return connected(t, func(b *backend) grpc.ClientConnInterface {
		listener := bufconn.Listen(1 << 20)
		server := grpc.NewServer(grpc.UnaryInterceptor(b.unary))
		b.register(server)
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		conn, err := grpc.NewClient("passthrough:///"+b.name,
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
			grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(again))
		require.NoError(t, err)
		t.Cleanup(func() {
			require.NoError(t, conn.Close())
			server.Stop()
			require.NoError(t, <-served)
		})
		return conn
	}, change...)
}

func connected(t testing.TB, connect func(*backend) grpc.ClientConnInterface, change ...func(*gateway.Config)) *world {
	w := &world{customer: &backend{name: "customer"}, order: &backend{name: "order"}, loyalty: &backend{name: "loyalty"},
		notification: &backend{name: "notification"}, support: &backend{name: "support"}}
	conns := map[string]grpc.ClientConnInterface{}
	for _, b := range []*backend{w.customer, w.order, w.loyalty, w.notification, w.support} {
		conns[b.name] = connect(b)
	}
	description, err := os.ReadFile("../proto/gen/openapi/kept.openapi.json")
	require.NoError(t, err)
	config := gateway.Config{Conns: conns, OpenAPI: description}
	for _, c := range change {
		c(&config)
	}
	w.Handler, err = gateway.New(config)
	require.NoError(t, err)
	return w
}

// answer is what a client gets.
type answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// ask sends one request; headers are pairs of names and values.
func (w *world) ask(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "/", content)
	target, err := r.URL.Parse(path)
	require.NoError(t, err)
	r.URL, r.RequestURI = target, path
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" && headers[i] == "Content-Type" {
			r.Header.Del("Content-Type")
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	return answer{recorder, t}
}

// json is the answer's body.
func (a answer) json() map[string]any {
	a.t.Helper()
	var v map[string]any
	require.NoError(a.t, json.Unmarshal(a.Body.Bytes(), &v), a.Body.String())
	return v
}

// detail is the error detail of a type, such as "ErrorInfo"; nil without one.
func (a answer) detail(kind string) map[string]any {
	a.t.Helper()
	details, _ := a.json()["details"].([]any)
	for _, d := range details {
		if d, ok := d.(map[string]any); ok && d["@type"] == "type.googleapis.com/google.rpc."+kind {
			return d
		}
	}
	return nil
}

func (a answer) reason() string {
	a.t.Helper()
	info := a.detail("ErrorInfo")
	require.NotNil(a.t, info, a.Body.String())
	require.Equal(a.t, "kept", info["domain"])
	reason, _ := info["reason"].(string)
	return reason
}

// fields are the paths of the violations.
func (a answer) fields() []string {
	a.t.Helper()
	var paths []string
	violations, _ := a.detail("BadRequest")["fieldViolations"].([]any)
	for _, v := range violations {
		v, _ := v.(map[string]any)
		path, _ := v["field"].(string)
		require.NotEmpty(a.t, v["description"])
		paths = append(paths, path)
	}
	return paths
}
