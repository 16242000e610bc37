package insight

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetRfmScore returns one customer's scores among all who have bought in the currency.
//
// Errors: NOT_FOUND for a customer who has bought nothing in it, INVALID_ARGUMENT for what is no currency.
func (s *Service) GetRfmScore(
	ctx context.Context, req *customerv1.GetRfmScoreRequest,
) (*customerv1.RfmScore, error) {
	among, err := s.populationOf(ctx, "name", req.GetName())
	if err != nil {
		return nil, err
	}
	from, args, err := s.scored(ctx, among)
	if err != nil {
		return nil, err
	}
	_, customer, _ := strings.Cut(req.GetName(), scores)
	rows, err := s.db.Query(ctx, `select `+scoreColumns+` from `+from+` where customer = $`+strconv.Itoa(len(args)+1), append(args, customer)...)
	if err != nil {
		return nil, err
	}
	score, err := sqldb.One(rows, among.scanScore)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(req.GetName())
	}
	return score, err
}
