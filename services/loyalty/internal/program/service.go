// Package program serves ProgramService: what is earned by what, and whether the books are right.
package program

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// Service implements ProgramService.
type Service struct {
	loyaltyv1.UnimplementedProgramServiceServer
	db    *sqldb.DB
	clock clock.Clock
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB, clock: deps.Clock} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "program",
		Register: func(r grpc.ServiceRegistrar) { loyaltyv1.RegisterProgramServiceServer(r, s) },
	}
}

// programs are the programmes as callers see them. They are the company's, and open to everybody.
var programs = resource.Of(programRows)
