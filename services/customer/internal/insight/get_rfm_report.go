package insight

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

const (
	selectCells = `
	select recency_score, frequency_score, monetary_score, count(*), sum(orders), sum(amount),
		sum(units), sum(case when orders = 1 then 1 else 0 end), min(first_order), max(last_order)
	from `
	bestFirst = `
	group by 1, 2, 3
	order by 1 desc, 2 desc, 3 desc`
)

// GetRfmReport counts all customers who have bought in the currency, by their scores.
//
// Errors: INVALID_ARGUMENT for what is no currency.
func (s *Service) GetRfmReport(
	ctx context.Context, req *customerv1.GetRfmReportRequest,
) (*customerv1.RfmReport, error) {
	among, err := s.populationOf(ctx, "name", req.GetName())
	if err != nil {
		return nil, err
	}
	from, args, err := s.scored(ctx, among)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.LongReads().Query(ctx, selectCells+from+bestFirst, args...)
	if err != nil {
		return nil, err
	}
	cells, err := sqldb.All(rows, scanCell)
	if err != nil {
		return nil, err
	}
	return report(among, cells), nil
}

// cell is what the customers with the same three scores have bought.
type cell struct {
	*customerv1.RfmReport_Cell
	amount, units, singles int64
	first, last            int64
}

func scanCell(r *sqldb.Rows) (cell, error) {
	c := cell{RfmReport_Cell: &customerv1.RfmReport_Cell{}}
	return c, r.Scan(&c.RecencyScore, &c.FrequencyScore, &c.MonetaryScore, &c.CustomerCount, &c.OrderCount, &c.amount,
		&c.units, &c.singles, &c.first, &c.last)
}

// report adds the cells up.
func report(among population, cells []cell) *customerv1.RfmReport {
	r := &customerv1.RfmReport{Name: among.name() + "/rfmReport", CurrencyCode: among.currency}
	var sum cell
	for i, c := range cells {
		c.Revenue = among.money(c.amount)
		r.Cells = append(r.Cells, c.RfmReport_Cell)
		r.CustomerCount += c.GetCustomerCount()
		r.OrderCount += c.GetOrderCount()
		r.UnitCount += c.units
		r.SingleOrderCustomerCount += c.singles
		sum.amount += c.amount
		if i == 0 || c.first < sum.first {
			sum.first = c.first
		}
		if i == 0 || c.last > sum.last {
			sum.last = c.last
		}
	}
	r.Revenue = among.money(sum.amount)
	if len(cells) > 0 {
		r.FirstOrderTime, r.LastOrderTime = timestamppb.New(time.UnixMicro(sum.first)), timestamppb.New(time.UnixMicro(sum.last))
	}
	return r
}
