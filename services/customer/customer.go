// Package customer is the service that knows the people whom the company wants to keep, and the promises made to them.
package customer

import (
	"embed"
	"io/fs"

	"kept.dev/kit"
	"kept.dev/services/customer/internal/calendar"
	"kept.dev/services/customer/internal/company"
	"kept.dev/services/customer/internal/customer"
	"kept.dev/services/customer/internal/customerclass"
	"kept.dev/services/customer/internal/identity"
	"kept.dev/services/customer/internal/insight"
	"kept.dev/services/customer/internal/promise"
	"kept.dev/services/customer/internal/promisekind"
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
	promises, err := promise.New(deps)
	if err != nil {
		return nil, err
	}
	return &kit.Service{
		Name: "customer", Migrations: files,
		Capabilities: []kit.Capability{
			company.New(deps).Capability(), calendar.New(deps).Capability(), customerclass.New(deps).Capability(), customer.New(deps).Capability(), identity.New(deps).Capability(), promises.Capability(),
			promisekind.New(deps).Capability(),
			timeline.New(deps).Capability(), scorecard.New(deps).Capability(), insight.New(deps).Capability(),
		},
	}, nil
}
