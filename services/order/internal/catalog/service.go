// Package catalog serves CatalogService: what is sold.
package catalog

import (
	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Service implements CatalogService.
type Service struct {
	orderv1.UnimplementedCatalogServiceServer
	db    *sqldb.DB
	clock clock.Clock
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB, clock: deps.Clock} }

const collection = "products/"
