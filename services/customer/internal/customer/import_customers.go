package customer

import (
	"context"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	"kept.dev/services/customer/internal/identity"
)

// ImportCustomers finds out who the records of another system are, and creates those whom nobody knows yet, by a number of
// statements that hardly grows with the records. What is wrong with a record is told in its result and stops no other.
//
// Two replicas may import the same people at the same moment. The named key identity_value_key lets one of them create a
// person; the other starts again, and finds them.
//
// Errors: UNAVAILABLE (CUSTOMERS_IN_MOTION) where others kept on creating the same people first.
func (s *Service) ImportCustomers(
	ctx context.Context, req *customerv1.ImportCustomersRequest,
) (*customerv1.ImportCustomersResponse, error) {
	people := readRecords(req)

	for range importTries {
		res, err := change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*customerv1.ImportCustomersResponse, error) {
			owners, err := identity.Owners(tx, keysOf(people))
			if err != nil {
				return nil, err
			}
			issued, err := identity.Issued(tx, req.GetIssuer(), owners)
			if err != nil {
				return nil, err
			}
			found := match(people, known{owners, issued}, s.clock.Now())
			if req.GetValidateOnly() {
				return &customerv1.ImportCustomersResponse{Results: found.unnamed()}, nil
			}
			if err := s.enter(ctx, tx, req.GetIssuer(), found); err != nil {
				return nil, err
			}
			return &customerv1.ImportCustomersResponse{Results: found.results}, nil
		})
		if !sqldb.Violates(err, "identity_value_key") {
			return res, err
		}
	}
	return nil, errs.Unavailable("CUSTOMERS_IN_MOTION", "others are creating the same customers; try again")
}

// importTries bounds how often an import starts again. Each time, whoever was faster has created somebody.
const importTries = 20

// enter writes the new customers and identities, and tells the others of them.
func (s *Service) enter(ctx context.Context, tx *sqldb.Tx, issuer string, found matched) error {
	if err := customerRows.InsertAll(tx, found.created...); err != nil {
		return err
	}
	identity.InsertClaims(tx, found.claims, s.clock.Now())
	if len(found.created) == 0 {
		return nil
	}
	imported := &customerv1.CustomersImported{Issuer: issuer}
	records := []outbox.Record{{Subject: "issuers/" + issuer, Version: 1, Fact: imported}}
	for _, c := range found.created {
		imported.Customers = append(imported.Customers, c.GetName())
		records = append(records, outbox.Record{Subject: c.GetName(), Version: 1, Fact: contactChanged(c, "")})
	}
	return s.outbox.AppendAll(ctx, tx, records)
}
