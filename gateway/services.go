package gateway

import (
	"context"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
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
		{at: "customer", desc: named(customerv1.File_kept_customer_v1_promise_service_proto, "PromiseService"),
			register: register(customerv1.NewPromiseServiceClient, customerv1.RegisterPromiseServiceHandlerClient)},
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
		{desc: named(opsv1.File_kept_ops_v1_ops_service_proto, "DeadLetterService"),
			register: register(opsv1.NewDeadLetterServiceClient, opsv1.RegisterDeadLetterServiceHandlerClient)},
	}
	if sandbox {
		all = append(all, service{at: "customer", patient: true,
			desc:     named(opsv1.File_kept_ops_v1_ops_service_proto, "SandboxService"),
			register: register(opsv1.NewSandboxServiceClient, opsv1.RegisterSandboxServiceHandlerClient)})
	}
	return all
}

func named(file protoreflect.FileDescriptor, name protoreflect.Name) protoreflect.ServiceDescriptor {
	return file.Services().ByName(name)
}
