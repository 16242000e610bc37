package cases

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
	"kept.dev/kit/localcopy"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// checkReferences refuses a case of an unknown customer, and one about what is not theirs.
func (s *Service) checkReferences(ctx context.Context, c *supportv1.Case) error {
	if err := s.knownCustomers().Check(ctx, s.db, "case.customer", c.GetCustomer()); err != nil {
		return err
	}
	return s.checkAbout(ctx, c.GetAbout(), c.GetCustomer())
}

// knownCustomers are the customers of whom it is known here that they exist.
func (s *Service) knownCustomers() localcopy.Copy[string] {
	return localcopy.Names("known_customer", func(ctx context.Context, name string) error {
		_, err := s.customers().GetCustomer(ctx, &customerv1.GetCustomerRequest{Name: name})
		return err
	})
}

// askWithin is how long a request waits for the service that owns what it is about (wall time).
const askWithin = 2 * time.Second

// checkAbout refuses a request about something that does not exist, is another's or may not be seen, all alike. Where the owner is
// away the request is taken in all the same: nothing that a customer says is lost.
func (s *Service) checkAbout(ctx context.Context, about, customer string) error {
	asking, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	err := s.references.Check(asking, "case.about", about, customer)
	switch errs.KindOf(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Unimplemented: // the last by an owner of an older version
		s.log.WarnContext(ctx, "a case is taken in without a look at what it is about", "about", about, "error", err)
		return nil
	default: // a caller who has used up the owner's patience is no outage
		return err
	}
}

// orderOf asks for an order, and whether it is this customer's.
func (s *Service) orderOf(ctx context.Context, name, customer string) (order *orderv1.Order, theirs bool, err error) {
	order, err = s.orders().GetOrder(ctx, &orderv1.GetOrderRequest{Name: name})
	if errs.KindOf(err) == errs.KindNotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("ask for the order: %w", err)
	}
	return order, order.GetCustomer() == customer, nil
}
