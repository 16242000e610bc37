package gateway

import (
	"context"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"kept.dev/kit/access"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// service is one gRPC service of the contract, and where it is.
type service struct {
	at       string // the name of its connection; "" is wherever the request's resource name says
	desc     protoreflect.ServiceDescriptor
	register func(context.Context, *runtime.ServeMux, grpc.ClientConnInterface) error
	patient  bool // its calls may take as long as they need
}

// register fits a generated registration to any connection. Always through a client: the generated server variant
// would skip the services' interceptors.
func register[Client any](
	client func(grpc.ClientConnInterface) Client, to func(context.Context, *runtime.ServeMux, Client) error,
) func(context.Context, *runtime.ServeMux, grpc.ClientConnInterface) error {
	return func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
		return to(ctx, mux, client(conn))
	}
}

// shown is a service of the contract at the connection that its package is called after: kept.order.v1 is at order. Those that every
// service has are wherever the request says.
func shown[Client any](
	desc grpc.ServiceDesc, client func(grpc.ClientConnInterface) Client, to func(context.Context, *runtime.ServeMux, Client) error,
) service {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(desc.ServiceName))
	if err != nil { // generated beside what names it
		panic(err)
	}
	at := strings.Split(desc.ServiceName, ".")[1]
	if at == "ops" {
		at = ""
	}
	return service{at: at, desc: found.(protoreflect.ServiceDescriptor), register: register(client, to)}
}

// services are all that REST shows.
func services(sandbox bool) []service {
	all := []service{
		shown(customerv1.CustomerService_ServiceDesc, customerv1.NewCustomerServiceClient, customerv1.RegisterCustomerServiceHandlerClient),
		shown(customerv1.CalendarService_ServiceDesc, customerv1.NewCalendarServiceClient, customerv1.RegisterCalendarServiceHandlerClient),
		shown(customerv1.CustomerClassService_ServiceDesc, customerv1.NewCustomerClassServiceClient, customerv1.RegisterCustomerClassServiceHandlerClient),
		shown(customerv1.CompanyService_ServiceDesc, customerv1.NewCompanyServiceClient, customerv1.RegisterCompanyServiceHandlerClient),
		shown(customerv1.PromiseService_ServiceDesc, customerv1.NewPromiseServiceClient, customerv1.RegisterPromiseServiceHandlerClient),
		shown(customerv1.PromiseKindService_ServiceDesc, customerv1.NewPromiseKindServiceClient, customerv1.RegisterPromiseKindServiceHandlerClient),
		shown(customerv1.IdentityService_ServiceDesc, customerv1.NewIdentityServiceClient, customerv1.RegisterIdentityServiceHandlerClient),
		shown(customerv1.TimelineService_ServiceDesc, customerv1.NewTimelineServiceClient, customerv1.RegisterTimelineServiceHandlerClient),
		shown(customerv1.ScorecardService_ServiceDesc, customerv1.NewScorecardServiceClient, customerv1.RegisterScorecardServiceHandlerClient),
		shown(customerv1.InsightService_ServiceDesc, customerv1.NewInsightServiceClient, customerv1.RegisterInsightServiceHandlerClient),
		shown(orderv1.CatalogService_ServiceDesc, orderv1.NewCatalogServiceClient, orderv1.RegisterCatalogServiceHandlerClient),
		shown(orderv1.StockService_ServiceDesc, orderv1.NewStockServiceClient, orderv1.RegisterStockServiceHandlerClient),
		shown(orderv1.OrderService_ServiceDesc, orderv1.NewOrderServiceClient, orderv1.RegisterOrderServiceHandlerClient),
		shown(orderv1.FulfillmentService_ServiceDesc, orderv1.NewFulfillmentServiceClient, orderv1.RegisterFulfillmentServiceHandlerClient),
		shown(orderv1.PaymentService_ServiceDesc, orderv1.NewPaymentServiceClient, orderv1.RegisterPaymentServiceHandlerClient),
		shown(orderv1.ImportService_ServiceDesc, orderv1.NewImportServiceClient, orderv1.RegisterImportServiceHandlerClient),
		shown(orderv1.ShortageService_ServiceDesc, orderv1.NewShortageServiceClient, orderv1.RegisterShortageServiceHandlerClient),
		shown(orderv1.TrackingService_ServiceDesc, orderv1.NewTrackingServiceClient, orderv1.RegisterTrackingServiceHandlerClient),
		shown(loyaltyv1.ProgramService_ServiceDesc, loyaltyv1.NewProgramServiceClient, loyaltyv1.RegisterProgramServiceHandlerClient),
		shown(loyaltyv1.AccountService_ServiceDesc, loyaltyv1.NewAccountServiceClient, loyaltyv1.RegisterAccountServiceHandlerClient),
		shown(notificationv1.TemplateService_ServiceDesc, notificationv1.NewTemplateServiceClient, notificationv1.RegisterTemplateServiceHandlerClient),
		shown(notificationv1.MessageService_ServiceDesc, notificationv1.NewMessageServiceClient, notificationv1.RegisterMessageServiceHandlerClient),
		shown(notificationv1.ActionService_ServiceDesc, notificationv1.NewActionServiceClient, notificationv1.RegisterActionServiceHandlerClient),
		shown(supportv1.CaseService_ServiceDesc, supportv1.NewCaseServiceClient, supportv1.RegisterCaseServiceHandlerClient),
		shown(opsv1.DeadLetterService_ServiceDesc, opsv1.NewDeadLetterServiceClient, opsv1.RegisterDeadLetterServiceHandlerClient),
		shown(opsv1.AuditService_ServiceDesc, opsv1.NewAuditServiceClient, opsv1.RegisterAuditServiceHandlerClient),
	}
	if sandbox {
		clock := shown(opsv1.SandboxService_ServiceDesc, opsv1.NewSandboxServiceClient, opsv1.RegisterSandboxServiceHandlerClient)
		clock.at, clock.patient = "customer", true
		all = append(all, clock)
	}
	return all
}

// rulesFor are the access rules of the services' RPCs.
func rulesFor(shown []service) (*access.Rulebook, error) {
	described := make([]protoreflect.ServiceDescriptor, len(shown))
	for i, s := range shown {
		described[i] = s.desc
	}
	return access.Rules(described...)
}
