package contract_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/access"
	"kept.dev/kit/id"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/embedded"
	"kept.dev/suite/environment"
	"kept.dev/suite/scenario"
)

// fixture is a running suite with the people and things that requests are about.
type fixture struct {
	t     testing.TB
	suite *embedded.Suite
	env   scenario.Environment
	data  *database

	own, other, unknown caller // customers; the last one's id is nobody's
	admin               caller
	product, option     string // what orders are for
	substitute          string // what may come instead
}

// caller is somebody who calls.
type caller struct {
	access.Principal
	token string
}

func newFixture(t testing.TB) *fixture {
	dir := t.TempDir()
	suite, env := environment.EmbeddedWith(t, embedded.Config{Dir: dir, Sandbox: true})
	w := &fixture{t: t, suite: suite, env: env, data: openDatabase(t, dir)}
	w.admin = w.as(accessv1.Role_ROLE_ADMIN, "admins/owner")
	w.own, w.other = w.customer("Olena"), w.customer("Ivan")
	w.unknown = w.as(accessv1.Role_ROLE_CUSTOMER, "customers/"+id.New())
	w.product, w.substitute = w.newProduct(9_000_000), w.newProduct(9_000_000)
	w.option = ask(w, "order", orderv1.FulfillmentService_CreateDeliveryOption_FullMethodName, &orderv1.CreateDeliveryOptionRequest{
		DeliveryOptionId: "express", DeliveryOption: anOption(),
	}, &orderv1.DeliveryOption{}).GetName()
	w.cancelled()                                                 // the own customer has been told something: whatever a first message makes is there
	w.advance(&durationpb.Duration{Seconds: 1, Nanos: 123456789}) // what is told must not be finer than what is kept
	return w
}

// as is somebody of the role, with a good token.
func (w *fixture) as(role accessv1.Role, subject string) caller {
	p := access.Principal{Role: role, Subject: subject}
	raw, err := w.suite.Issuer.Issue(p, time.Hour)
	require.NoError(w.t, err)
	return caller{p, raw}
}

// of is somebody of the role who is not a customer.
func (w *fixture) of(role accessv1.Role) caller { return w.as(role, token.RoleName(role)+"s/somebody") }

// expired is the caller with a token whose time is over; forged with one that a foreign key has signed.
func (w *fixture) expired(c caller) caller {
	raw, err := w.suite.Issuer.Issue(c.Principal, -time.Minute)
	require.NoError(w.t, err)
	return caller{c.Principal, raw}
}

func (w *fixture) forged(c caller) caller {
	foreign, err := token.NewIssuer(w.t.TempDir())
	require.NoError(w.t, err)
	raw, err := foreign.Issue(c.Principal, time.Hour)
	require.NoError(w.t, err)
	return caller{c.Principal, raw}
}

// ask calls as the admin; it has to succeed.
func ask[R proto.Message](w *fixture, service, method string, request proto.Message, response R) R {
	ctx := metadata.AppendToOutgoingContext(w.t.Context(), "authorization", "Bearer "+w.admin.token)
	require.NoError(w.t, w.suite.Channel(service).Invoke(ctx, method, request, response), method)
	return response
}

// settle waits until all that was begun has had its effects, in all services.
func (w *fixture) settle() { w.advance(&durationpb.Duration{}) }

func (w *fixture) advance(by *durationpb.Duration) {
	ask(w, opsAt, opsv1.SandboxService_AdvanceClock_FullMethodName,
		&opsv1.AdvanceClockRequest{Name: "sandbox/clock", Duration: by}, &opsv1.Clock{})
}

func (w *fixture) customer(name string) caller {
	made := ask(w, "customer", customerv1.CustomerService_CreateCustomer_FullMethodName,
		&customerv1.CreateCustomerRequest{Customer: &customerv1.Customer{DisplayName: name, Email: name + "@example.org", Phone: "+38044" + digits(7)}}, &customerv1.Customer{})
	return w.as(accessv1.Role_ROLE_CUSTOMER, made.GetName())
}

// newProduct is a product with stock.
func (w *fixture) newProduct(stock int64) string {
	made := ask(w, "order", orderv1.CatalogService_CreateProduct_FullMethodName,
		&orderv1.CreateProductRequest{ProductId: freshID(), Product: aProduct()}, &orderv1.Product{})
	ask(w, "order", orderv1.StockService_AdjustStock_FullMethodName,
		&orderv1.AdjustStockRequest{Name: made.GetName() + "/stock", QuantityDelta: stock, Reason: "delivery 4711"}, &orderv1.Stock{})
	return made.GetName()
}

// freshID is an id that a caller may choose and nobody has.
func freshID() string { return "x" + strings.ReplaceAll(id.New(), "-", "") }

// placed, picked and shipped are orders of the own customer, in that state.
func (w *fixture) placed() *orderv1.Order {
	return ask(w, "order", orderv1.OrderService_CreateOrder_FullMethodName,
		&orderv1.CreateOrderRequest{Order: w.anOrder()}, &orderv1.Order{})
}

func (w *fixture) picked() *orderv1.Order {
	return ask(w, "order", orderv1.FulfillmentService_PickOrder_FullMethodName,
		&orderv1.PickOrderRequest{Name: w.placed().GetName()}, &orderv1.Order{})
}

func (w *fixture) shipped() *orderv1.Order {
	return ask(w, "order", orderv1.FulfillmentService_ShipOrder_FullMethodName,
		&orderv1.ShipOrderRequest{Name: w.picked().GetName()}, &orderv1.Order{})
}

// cancelled is an order with a refund.
func (w *fixture) cancelled() *orderv1.Order {
	return ask(w, "order", orderv1.OrderService_CancelOrder_FullMethodName,
		&orderv1.CancelOrderRequest{Name: w.placed().GetName(), Reason: "No longer wanted"}, &orderv1.Order{})
}

func (w *fixture) promise() string {
	promise := w.placed().GetPromise()
	w.settle()
	return promise
}

func euros(units int64) *money.Money { return &money.Money{CurrencyCode: "EUR", Units: units} }
