// Package program serves ProgramService: what is earned by what, and whether the books are right.
package program

import (
	"kept.dev/kit"
	"kept.dev/kit/clock"
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

const collection = "programs/"
