// Package company serves CompanyService: who the company is.
package company

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements CompanyService.
type Service struct {
	customerv1.UnimplementedCompanyServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
}

// New makes the service.
func New(deps kit.Deps) *Service {
	return &Service{db: deps.DB, clock: deps.Clock, outbox: deps.Outbox}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "company",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterCompanyServiceServer(r, s) },
	}
}

var companies = resource.Of(companyRows)
