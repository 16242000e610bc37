package scorecard

import (
	"context"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// monthCount is how many months are counted: this one and those before it.
const monthCount = 12

// GetScorecard counts promises by month and kind, and cancellations by month. Months in which there was nothing to count are
// left out.
func (s *Service) GetScorecard(ctx context.Context, req *customerv1.GetScorecardRequest) (*customerv1.Scorecard, error) {
	now := s.clock.Now()
	months := monthsUntil(now, monthCount)
	those, later := countPromises(months)
	results, err := s.db.Batch(ctx, those, later, countCancellations(months[0], now))
	if err != nil {
		return nil, err
	}
	promises, err := sqldb.All(results[0], scanPromises)
	if err != nil {
		return nil, err
	}
	still, err := sqldb.All(results[1], scanPromises)
	if err != nil {
		return nil, err
	}
	cancellations, err := sqldb.All(results[2], scanCancellations)
	if err != nil {
		return nil, err
	}
	return &customerv1.Scorecard{
		Name: req.GetName(), PromiseCounts: promisesByMonth(append(promises, still...)), CancellationCounts: cancellationsByMonth(cancellations),
	}, nil
}
