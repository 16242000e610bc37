package company

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetCompany returns the company.
func (s *Service) GetCompany(ctx context.Context, req *customerv1.GetCompanyRequest) (*customerv1.Company, error) {
	return companies.Get(ctx, s.db, req)
}
