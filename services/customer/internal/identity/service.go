// Package identity serves IdentityService: who somebody is, told by what they call from, write from, or are called elsewhere.
package identity

import (
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
