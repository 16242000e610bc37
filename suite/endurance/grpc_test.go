package endurance_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/postaladdress"
	"google.golang.org/grpc"

	"kept.dev/kit/access"
	"kept.dev/kit/id"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/suite/cluster"
)

// overGRPC does what overREST does, past the gateways: it calls the services' replicas over mutual TLS, as the customer.
func overGRPC(t *testing.T, c *cluster.Cluster, s shop) caller {
	t.Helper()
	orders, stock := orderv1.NewOrderServiceClient(dial(t, c, "order", s)), orderv1.NewStockServiceClient(dial(t, c, "order", s))
	customers := customerv1.NewCustomerServiceClient(dial(t, c, "customer", s))
	return func(ctx context.Context, i int) (err error) {
		switch i % 3 {
		case 0:
			_, err = orders.CreateOrder(ctx, s.message(id.New()))
		case 1:
			_, err = stock.GetStock(ctx, &orderv1.GetStockRequest{Name: s.product + "/stock"})
		default:
			_, err = customers.GetCustomer(ctx, &customerv1.GetCustomerRequest{Name: s.name})
		}
		return err
	}
}

func dial(t *testing.T, c *cluster.Cluster, service string, s shop) *grpc.ClientConn {
	t.Helper()
	conn, err := c.Dial(service, access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: s.name})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// message asks for one unit.
func (s shop) message(request string) *orderv1.CreateOrderRequest {
	home := &postaladdress.PostalAddress{RegionCode: "UA", PostalCode: "01001", Locality: "Kyiv", AddressLines: []string{"Home"}}
	return &orderv1.CreateOrderRequest{RequestId: request, Order: &orderv1.Order{
		Customer: s.name, Lines: []*orderv1.Order_Line{{Product: s.product, Quantity: 1}}, DeliveryOption: s.option,
		DeliveryAddress: home, BillingAddress: home, HomeAddress: home, Channel: typepb.Channel_WEB,
	}}
}
