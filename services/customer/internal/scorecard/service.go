// Package scorecard serves ScorecardService: how the company keeps what it promises, counted from the promise book and the
// timelines.
package scorecard

import (
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
