package customer

import (
	"context"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// ClassifyCustomer puts a customer into a class, or out of all.
//
// Errors: NOT_FOUND for an unknown customer; INVALID_ARGUMENT (customer_class) for a class that there is not; ABORTED (ETAG_MISMATCH).
func (s *Service) ClassifyCustomer(ctx context.Context, req *customerv1.ClassifyCustomerRequest) (*customerv1.Customer, error) {
	return Customers.Change(ctx, s.db, req, func(tx *sqldb.Tx, before, after *customerv1.Customer) error {
		if req.GetCustomerClass() == before.GetCustomerClass() {
			return nil
		}
		found, err := tx.Query(`select 1 from customer_class where full_name = $1`, req.GetCustomerClass())
		if err != nil {
			return err
		}
		if req.GetCustomerClass() != "" && found.Len() == 0 {
			return errs.Invalid("customer_class", "%q does not exist; ListCustomerClasses has those that do", req.GetCustomerClass())
		}
		after.CustomerClass = req.GetCustomerClass()
		return s.outbox.Append(ctx, tx, after.GetName(), resource.Version(after.GetEtag()), &customerv1.CustomerClassChanged{
			Customer: after.GetName(), CustomerClass: after.GetCustomerClass(), PreviousCustomerClass: before.GetCustomerClass(), Reason: req.GetReason(),
		})
	})
}
