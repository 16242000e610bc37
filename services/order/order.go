// Package order is the service that knows what is sold, what was ordered, and how it gets to the customer.
package order

import (
	"embed"
	"io/fs"

	"kept.dev/kit"
	"kept.dev/kit/localcopy"
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
	payments, steps, company := payment.New(deps), tracking.New(deps), localcopy.NewCompany(deps)
	orders := order.New(deps, payments, steps)
	return &kit.Service{
		Name: "order", Migrations: files,
		Capabilities: []kit.Capability{
			catalog.New(deps).Capability(), stock.New(deps).Capability(), orders.Capability(),
			fulfillment.New(deps, orders, steps).Capability(), payments.Capability(),
			shortage.New(deps, orders, steps).Capability(), steps.Capability(), imports.New(deps, company).Capability(), company.Capability(),
		},
	}, nil
}
