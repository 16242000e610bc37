package shortage

import (
	"context"

	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// GetShortagePolicy returns what the shop does about shortages.
func (s *Service) GetShortagePolicy(
	ctx context.Context, _ *orderv1.GetShortagePolicyRequest,
) (*orderv1.ShortagePolicy, error) {
	rows, err := s.db.Query(ctx, selectPolicy)
	if err != nil {
		return nil, err
	}
	return sqldb.One(rows, scanPolicy)
}
