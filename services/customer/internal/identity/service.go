// Package identity serves IdentityService: who somebody is, told by what they call from, write from, or are called elsewhere.
package identity

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements IdentityService.
type Service struct {
	customerv1.UnimplementedIdentityServiceServer
	db    *sqldb.DB
	clock clock.Clock
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB, clock: deps.Clock} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "identity",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterIdentityServiceServer(r, s) },
	}
}
