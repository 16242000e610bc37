package imports

import (
	"context"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// GetImport returns an import, and how far it has come.
//
// Errors: NOT_FOUND for an unknown one.
func (s *Service) GetImport(ctx context.Context, req *orderv1.GetImportRequest) (*orderv1.Import, error) {
	j, err := s.find(ctx, req.GetName())
	return j.Import, err
}
