package insight

import (
	"context"
	"errors"
	"strings"
	"time"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetSalesMonth returns what was sold in one month in the currency.
//
// Errors: NOT_FOUND for a month in which nothing was sold, INVALID_ARGUMENT for what is no currency.
func (s *Service) GetSalesMonth(ctx context.Context, req *customerv1.GetSalesMonthRequest) (*customerv1.SalesMonth, error) {
	among, err := s.populationOf(ctx, "name", req.GetName())
	if err != nil {
		return nil, err
	}
	zone, err := s.zone(ctx)
	if err != nil {
		return nil, err
	}
	first, err := time.ParseInLocation("2006-01", req.GetName()[strings.LastIndexByte(req.GetName(), '/')+1:], zone)
	if err != nil {
		return nil, errs.NotFound(req.GetName())
	}
	rows, err := s.db.Query(ctx, selectMonths([]month{monthOf(first, zone)}), among.currency)
	if err != nil {
		return nil, err
	}
	found, err := sqldb.One(rows, among.scanMonth)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return found, err
}
