package shortage

import (
	"context"

	"kept.dev/kit/errs"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/catalog"
)

// inspect reads, in one round trip, what a report needs to know of its products, and the shop's policy.
func (s *Service) inspect(ctx context.Context, r *report) (*orderv1.ShortagePolicy, error) {
	named := []string{r.product}
	if r.substitute != "" {
		named = append(named, r.substitute)
	}
	results, err := s.db.Batch(ctx, catalog.SelectProducts(named...), sqldb.Q(selectPolicy))
	if err != nil {
		return nil, err
	}
	found, err := sqldb.All(results[0], catalog.ScanProduct)
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		if p.GetName() == r.product {
			r.displayName = p.GetDisplayName()
			continue
		}
		price, err := money.Parse(p.GetUnitPrice())
		if err != nil {
			return nil, err
		}
		r.substituteDisplayName, r.substitutePrice, r.substituteCurrency = p.GetDisplayName(), price.Minor, price.Currency
	}
	if r.substitute != "" && r.substituteCurrency == "" {
		return nil, errs.Invalid("shortage.substitute", "%q does not exist", r.substitute)
	}
	return sqldb.One(results[1], scanPolicy)
}
