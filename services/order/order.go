// Package order is the service that knows what is sold, what was ordered, and how it gets to the customer.
package order

import (
	"embed"
	"io/fs"

	"google.golang.org/grpc"

	"kept.dev/kit"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/catalog"
	"kept.dev/services/order/internal/fulfillment"
	"kept.dev/services/order/internal/order"
	"kept.dev/services/order/internal/payment"
	"kept.dev/services/order/internal/stock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// New makes the service.
func New(deps kit.Deps) (*kit.Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	payments := payment.New(deps)
	orders := order.New(deps, payments)
	return &kit.Service{
		Name:       "order",
		Migrations: files,
		Register: func(r grpc.ServiceRegistrar) {
			orderv1.RegisterCatalogServiceServer(r, catalog.New(deps))
			orderv1.RegisterStockServiceServer(r, stock.New(deps))
			orderv1.RegisterOrderServiceServer(r, orders)
			orderv1.RegisterFulfillmentServiceServer(r, fulfillment.New(deps, orders))
			orderv1.RegisterPaymentServiceServer(r, payments)
		},
		Events: orders.Events(),
		Timers: payments.Timers,
	}, nil
}
