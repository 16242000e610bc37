// Package customerclass serves CustomerClassService: the classes of customers, which say who is served first.
package customerclass

import (
	"google.golang.org/grpc"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements CustomerClassService.
type Service struct {
	customerv1.UnimplementedCustomerClassServiceServer
	db    *sqldb.DB
	clock clock.Clock
}

// New makes the service.
func New(deps kit.Deps) *Service { return &Service{db: deps.DB, clock: deps.Clock} }

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "customer-class",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterCustomerClassServiceServer(r, s) },
	}
}

var classes = resource.Of(customerClassRows, resource.Sortable("rank"), resource.Order("rank"))

// refused explains that no two classes have one rank, or one name.
func refused(err error, class *customerv1.CustomerClass) error {
	switch {
	case sqldb.Violates(err, "customer_class_place_key"):
		return errs.Refused("RANK_TAKEN", "another class has the rank %d", class.GetRank()).Because(err)
	case sqldb.Violates(err, "customer_class_full_name_key"):
		return errs.AlreadyExists(class.GetName()).Because(err)
	}
	return err
}
