package company

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// UpdateCompany changes the company, and says so to the services that keep a copy.
//
// Errors: INVALID_ARGUMENT for a time zone, currency, language or address that is none; ABORTED (ETAG_MISMATCH).
func (s *Service) UpdateCompany(ctx context.Context, req *customerv1.UpdateCompanyRequest) (*customerv1.Company, error) {
	req = proto.CloneOf(req)
	if err := normalize(req.GetCompany()); err != nil {
		return nil, err
	}
	return companies.Update(ctx, s.db, req, func(tx *sqldb.Tx, _, after *customerv1.Company) error {
		after.UpdateTime = timestamppb.New(s.clock.Now())
		return s.outbox.Append(ctx, tx, after.GetName(), resource.Version(after.GetEtag()), &customerv1.CompanyChanged{Company: after})
	})
}
