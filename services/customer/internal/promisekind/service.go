// Package promisekind serves PromiseKindService: what kinds of promises there are, who may make them, and what is done when one
// breaks.
package promisekind

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements PromiseKindService.
type Service struct {
	customerv1.UnimplementedPromiseKindServiceServer
	db    *sqldb.DB
	clock clock.Clock
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB, clock: deps.Clock} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "promise-kind",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterPromiseKindServiceServer(r, s) },
	}
}

var kinds = resource.Of(promiseKindRows, resource.Filterable("service", "owner", "retired"))

// Owner is the service that makes promises of the kinds that are created over the API.
const Owner = "customer"

// Read are the kinds by name. There are few.
func Read(tx *sqldb.Tx) (map[string]*customerv1.PromiseKind, error) {
	rows, err := tx.Query(promiseKindRows.Select())
	if err != nil {
		return nil, err
	}
	all, err := sqldb.All(rows, promiseKindRows.Scan)
	if err != nil {
		return nil, err
	}
	byName := map[string]*customerv1.PromiseKind{}
	for _, k := range all {
		byName[k.GetName()] = k
	}
	return byName, nil
}
