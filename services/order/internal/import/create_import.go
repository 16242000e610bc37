package imports

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/change"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// keptUnstarted is how long an import may wait for its content and its start.
const keptUnstarted = 7 * 24 * time.Hour

// CreateImport creates an import that waits for its content. One that is never started is called off after a week, so that
// what it holds of customers does not lie about.
//
// Errors: INVALID_ARGUMENT naming the field for a time zone or currency that is none, or what the format does not know.
func (s *Service) CreateImport(ctx context.Context, req *orderv1.CreateImportRequest) (*orderv1.Import, error) {
	now := s.clock.Now()
	i := specOf(req.GetImport())
	if err := complete(i); err != nil {
		return nil, err
	}
	i.Name, i.State, i.CreateTime = collection+id.New(), orderv1.Import_UPLOADING, timestamppb.New(now)

	company := func() (*customerv1.Company, error) { return s.company.Get(ctx) }
	return change.DoAfter(ctx, s.db, req, company, func(tx *sqldb.Tx, company *customerv1.Company) (*orderv1.Import, error) {
		i.TimeZone = cmp.Or(i.GetTimeZone(), company.GetTimeZone())
		i.CurrencyCode = cmp.Or(i.GetCurrencyCode(), company.GetCurrencyCode())
		i.RegionCode = cmp.Or(i.GetRegionCode(), presets[i.GetPreset()].region, company.GetRegionCode())
		if err := insert(tx, i); err != nil {
			return nil, err
		}
		abandoned.Set(ctx, tx, idOf(i.GetName()), now.Add(keptUnstarted), nil)
		return i, nil
	})
}
