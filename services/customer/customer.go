// Package customer is the service that knows the people whom the company wants to keep, and the promises made to them.
package customer

import (
	"embed"
	"io/fs"
	"slices"

	"google.golang.org/grpc"

	"kept.dev/kit"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/customer"
	"kept.dev/services/customer/internal/identity"
	"kept.dev/services/customer/internal/insight"
	"kept.dev/services/customer/internal/promise"
	"kept.dev/services/customer/internal/scorecard"
	"kept.dev/services/customer/internal/timeline"
)

//go:embed migrations/*.sql
var migrations embed.FS

// New makes the service.
func New(deps kit.Deps) (*kit.Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	customers, identities := customer.New(deps), identity.New(deps)
	book, err := promise.New(deps)
	if err != nil {
		return nil, err
	}
	timelines, insights := timeline.New(deps), insight.New(deps)
	return &kit.Service{
		Name:       "customer",
		Migrations: files,
		Register: func(r grpc.ServiceRegistrar) {
			customerv1.RegisterCustomerServiceServer(r, customers)
			customerv1.RegisterIdentityServiceServer(r, identities)
			customerv1.RegisterPromiseServiceServer(r, book)
			customerv1.RegisterTimelineServiceServer(r, timelines)
			customerv1.RegisterScorecardServiceServer(r, scorecard.New(deps))
			customerv1.RegisterInsightServiceServer(r, insights)
		},
		Events: slices.Concat(book.Events(), timelines.Events(), insights.Events()),
		Timers: book.Timers,
	}, nil
}
