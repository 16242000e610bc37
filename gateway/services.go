package gateway

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

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

// services are all that REST shows.
func services(sandbox bool) []service {
	all := []service{
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_customer_service_proto, "CustomerService"),
			register: register(customerv1.NewCustomerServiceClient, customerv1.RegisterCustomerServiceHandlerClient)},
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_calendar_service_proto, "CalendarService"),
			register: register(customerv1.NewCalendarServiceClient, customerv1.RegisterCalendarServiceHandlerClient)},
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_customer_class_service_proto, "CustomerClassService"),
			register: register(customerv1.NewCustomerClassServiceClient, customerv1.RegisterCustomerClassServiceHandlerClient)},
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_company_service_proto, "CompanyService"),
			register: register(customerv1.NewCompanyServiceClient, customerv1.RegisterCompanyServiceHandlerClient)},
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_promise_service_proto, "PromiseService"),
			register: register(customerv1.NewPromiseServiceClient, customerv1.RegisterPromiseServiceHandlerClient)},
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_promise_kind_service_proto, "PromiseKindService"),
			register: register(customerv1.NewPromiseKindServiceClient, customerv1.RegisterPromiseKindServiceHandlerClient)},
		{at: "order", desc: named(orderv1.File_kept_order_v1_catalog_service_proto, "CatalogService"),
			register: register(orderv1.NewCatalogServiceClient, orderv1.RegisterCatalogServiceHandlerClient)},
		{at: "order", desc: named(orderv1.File_kept_order_v1_stock_service_proto, "StockService"),
			register: register(orderv1.NewStockServiceClient, orderv1.RegisterStockServiceHandlerClient)},
		{at: "order", desc: named(orderv1.File_kept_order_v1_order_service_proto, "OrderService"),
			register: register(orderv1.NewOrderServiceClient, orderv1.RegisterOrderServiceHandlerClient)},
		{at: "order", desc: named(orderv1.File_kept_order_v1_fulfillment_service_proto, "FulfillmentService"),
			register: register(orderv1.NewFulfillmentServiceClient, orderv1.RegisterFulfillmentServiceHandlerClient)},
		{at: "order", desc: named(orderv1.File_kept_order_v1_payment_service_proto, "PaymentService"),
			register: register(orderv1.NewPaymentServiceClient, orderv1.RegisterPaymentServiceHandlerClient)},
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_identity_service_proto, "IdentityService"),
			register: register(customerv1.NewIdentityServiceClient, customerv1.RegisterIdentityServiceHandlerClient)},
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_timeline_service_proto, "TimelineService"),
			register: register(customerv1.NewTimelineServiceClient, customerv1.RegisterTimelineServiceHandlerClient)},
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_scorecard_service_proto, "ScorecardService"),
			register: register(customerv1.NewScorecardServiceClient, customerv1.RegisterScorecardServiceHandlerClient)},
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_insight_service_proto, "InsightService"),
			register: register(customerv1.NewInsightServiceClient, customerv1.RegisterInsightServiceHandlerClient)},
		{at: "order", desc: named(orderv1.File_kept_order_v1_import_service_proto, "ImportService"),
			register: register(orderv1.NewImportServiceClient, orderv1.RegisterImportServiceHandlerClient)},
		{at: "order", desc: named(orderv1.File_kept_order_v1_shortage_service_proto, "ShortageService"),
			register: register(orderv1.NewShortageServiceClient, orderv1.RegisterShortageServiceHandlerClient)},
		{at: "order", desc: named(orderv1.File_kept_order_v1_tracking_service_proto, "TrackingService"),
			register: register(orderv1.NewTrackingServiceClient, orderv1.RegisterTrackingServiceHandlerClient)},
		{at: "loyalty", desc: named(loyaltyv1.File_kept_loyalty_v1_program_service_proto, "ProgramService"),
			register: register(loyaltyv1.NewProgramServiceClient, loyaltyv1.RegisterProgramServiceHandlerClient)},
		{at: "loyalty", desc: named(loyaltyv1.File_kept_loyalty_v1_account_service_proto, "AccountService"),
			register: register(loyaltyv1.NewAccountServiceClient, loyaltyv1.RegisterAccountServiceHandlerClient)},
		{at: "notification", desc: named(notificationv1.File_kept_notification_v1_template_service_proto, "TemplateService"),
			register: register(notificationv1.NewTemplateServiceClient, notificationv1.RegisterTemplateServiceHandlerClient)},
		{at: "notification", desc: named(notificationv1.File_kept_notification_v1_message_service_proto, "MessageService"),
			register: register(notificationv1.NewMessageServiceClient, notificationv1.RegisterMessageServiceHandlerClient)},
		{at: "notification", desc: named(notificationv1.File_kept_notification_v1_action_service_proto, "ActionService"),
			register: register(notificationv1.NewActionServiceClient, notificationv1.RegisterActionServiceHandlerClient)},
		{at: "support", desc: named(supportv1.File_kept_support_v1_case_service_proto, "CaseService"),
			register: register(supportv1.NewCaseServiceClient, supportv1.RegisterCaseServiceHandlerClient)},
		{desc: named(opsv1.File_kept_ops_v1_ops_service_proto, "DeadLetterService"),
			register: register(opsv1.NewDeadLetterServiceClient, opsv1.RegisterDeadLetterServiceHandlerClient)},
		{desc: named(opsv1.File_kept_ops_v1_ops_service_proto, "AuditService"),
			register: register(opsv1.NewAuditServiceClient, opsv1.RegisterAuditServiceHandlerClient)},
	}
	if sandbox {
		all = append(all, service{at: "customer", patient: true,
			desc:     named(opsv1.File_kept_ops_v1_ops_service_proto, "SandboxService"),
			register: register(opsv1.NewSandboxServiceClient, opsv1.RegisterSandboxServiceHandlerClient)})
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

func named(file protoreflect.FileDescriptor, name protoreflect.Name) protoreflect.ServiceDescriptor {
	return file.Services().ByName(name)
}
