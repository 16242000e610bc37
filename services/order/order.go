// Package order is the service that knows what is sold, what was ordered, and how it gets to the customer.
package order

import (
	"embed"
	"io/fs"

	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/timer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/catalog"
	"kept.dev/services/order/internal/fulfillment"
	imports "kept.dev/services/order/internal/import"
	"kept.dev/services/order/internal/order"
	"kept.dev/services/order/internal/payment"
	"kept.dev/services/order/internal/shortage"
	"kept.dev/services/order/internal/stock"
	"kept.dev/services/order/internal/tracking"
)

//go:embed migrations/*.sql
var migrations embed.FS

// New makes the service.
func New(deps kit.Deps) (*kit.Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	payments, steps := payment.New(deps), tracking.New(deps)
	orders := order.New(deps, payments, steps)
	shortages, loads := shortage.New(deps, orders, steps), imports.New(deps)
	return &kit.Service{
		Name:       "order",
		Migrations: files,
		Register: func(r grpc.ServiceRegistrar) {
			orderv1.RegisterCatalogServiceServer(r, catalog.New(deps))
			orderv1.RegisterStockServiceServer(r, stock.New(deps))
			orderv1.RegisterOrderServiceServer(r, orders)
			orderv1.RegisterFulfillmentServiceServer(r, fulfillment.New(deps, orders, steps))
			orderv1.RegisterPaymentServiceServer(r, payments)
			orderv1.RegisterShortageServiceServer(r, shortages)
			orderv1.RegisterTrackingServiceServer(r, steps)
			orderv1.RegisterImportServiceServer(r, loads)
		},
		Events: append(orders.Events(), payments.Events()...),
		Timers: func(w *timer.Worker) {
			payments.Timers(w)
			shortages.Timers(w)
			loads.Timers(w)
		},
	}, nil
}
