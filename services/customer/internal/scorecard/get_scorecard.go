package scorecard

import (
	"context"
	"time"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// monthCount is how many months are counted: this one and those before it.
const monthCount = 12

// GetScorecard counts promises by month and kind, and cancellations by month, as months are where the company is. Months in which there was nothing to count are
// left out.
func (s *Service) GetScorecard(ctx context.Context, req *customerv1.GetScorecardRequest) (*customerv1.Scorecard, error) {
	now := s.clock.Now()
	zone, err := s.zone(ctx)
	if err != nil {
		return nil, err
	}
	months := monthsUntil(now, monthCount, zone)
	those, later := countPromises(months)
	results, err := s.db.Batch(ctx, those, later, countCancellations(months, now))
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
		Name: req.GetName(), PromiseCounts: promisesByMonth(append(promises, still...), zone),
		CancellationCounts: cancellationsByMonth(cancellations, zone),
	}, nil
}

const selectZone = `select time_zone from company`

// zone is the company's, in which months begin.
func (s *Service) zone(ctx context.Context) (*time.Location, error) {
	rows, err := s.db.Query(ctx, selectZone)
	if err != nil {
		return nil, err
	}
	name, err := sqldb.One(rows, func(r *sqldb.Rows) (name string, err error) { return name, r.Scan(&name) })
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(name)
}
