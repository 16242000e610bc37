// Package scorecard serves ScorecardService: how the company keeps what it promises, counted from the promise book and the
// timelines.
package scorecard

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements ScorecardService.
type Service struct {
	customerv1.UnimplementedScorecardServiceServer
	db    *sqldb.DB
	clock clock.Clock
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB, clock: deps.Clock} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "scorecard",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterScorecardServiceServer(r, s) },
	}
}
