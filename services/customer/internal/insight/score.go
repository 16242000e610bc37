package insight

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// The measures that are scored: recency, frequency and money. Each has an index that a floor is found along.
const (
	recency   = "last_order"
	frequency = "orders"
	monetary  = "amount"
)

const selectFloor = `
	select %[1]s from buyer where bought_in = $1
	order by %[1]s limit 1 offset $2`

// floors finds what stands at the floors of scores 2 to 5 of recency, frequency and money.
func (s *Service) floors(ctx context.Context, p population) ([]any, error) {
	var queries []*sqldb.Stmt
	for _, measure := range []string{recency, frequency, monetary} {
		for _, place := range ranks(p.size) {
			queries = append(queries, sqldb.Q(fmt.Sprintf(selectFloor, measure), p.currency, place))
		}
	}
	results, err := s.db.Batch(ctx, queries...)
	if err != nil {
		return nil, err
	}
	floors := make([]any, len(results))
	for i, rows := range results {
		floor, err := sqldb.One(rows, func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
		if errors.Is(err, sqldb.ErrNoRow) { // some have gone since they were counted
			floor, err = math.MaxInt64, nil
		}
		if err != nil {
			return nil, err
		}
		floors[i] = floor
	}
	return floors, nil
}

// scored is a table of all who are counted, with their scores: text to select from, and the arguments of its parameters $1 to
// $13. It says the currency twice, since one index begins with each.
func (s *Service) scored(ctx context.Context, p population) (from string, args []any, err error) {
	floors, err := s.floors(ctx, p)
	return `(
		select customer, first_order, last_order, orders, units, amount,
			` + score(recency, 2) + ` as recency_score,
			` + score(frequency, 6) + ` as frequency_score,
			` + score(monetary, 10) + ` as monetary_score
		from buyer where currency = $1 and bought_in = $1
	) scores`, append([]any{p.currency}, floors...), err
}

// score adds up the floors, beginning with the given parameter, above which the measure is.
func score(measure string, parameter int) string {
	text := "1"
	for i := range fifths - 1 {
		text += fmt.Sprintf(" + case when %s > $%d then 1 else 0 end", measure, parameter+i)
	}
	return text
}

const scoreColumns = `customer, first_order, last_order, orders, units, amount, recency_score, frequency_score, monetary_score`

// scanScore reads scoreColumns.
func (p population) scanScore(r *sqldb.Rows) (*customerv1.RfmScore, error) {
	var customer string
	var first, last, amount int64
	s := &customerv1.RfmScore{}
	err := r.Scan(&customer, &first, &last, &s.OrderCount, &s.UnitCount, &amount,
		&s.RecencyScore, &s.FrequencyScore, &s.MonetaryScore)
	s.Name, s.Customer = p.name()+scores+customer, customers+customer
	s.FirstOrderTime, s.LastOrderTime = timestamppb.New(time.UnixMicro(first)), timestamppb.New(time.UnixMicro(last))
	s.TotalAmount = p.money(amount)
	return s, err
}

const scores = "/rfmScores/"
