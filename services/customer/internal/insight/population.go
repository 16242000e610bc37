package insight

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/errs"
	kitmoney "kept.dev/kit/money"
	"kept.dev/kit/sqldb"
)

// population are the customers who are counted: all who have bought in one currency.
type population struct {
	currency string // empty where nobody has ever bought
	size     int64
}

const (
	countIn = `
	select bought_in, count(*) from buyer where bought_in = $1
	group by bought_in`
	countMost = `
	select bought_in, count(*) from buyer where bought_in <> ''
	group by bought_in
	order by count(*) desc, bought_in
	limit 1`
)

// populationOf is who has bought in the currency that is asked for, or in that in which the most have.
//
// Errors: INVALID_ARGUMENT for what is no currency.
func (s *Service) populationOf(ctx context.Context, currency string) (population, error) {
	query := sqldb.Q(countMost)
	if currency != "" {
		if _, err := kitmoney.Parse(&money.Money{CurrencyCode: currency}); err != nil {
			return population{}, errs.Invalid("currency_code", "must be empty or the ISO 4217 code of a currency, such as EUR")
		}
		query = sqldb.Q(countIn, currency)
	}
	results, err := s.db.Batch(ctx, query)
	if err != nil {
		return population{}, err
	}
	found, err := sqldb.One(results[0], func(r *sqldb.Rows) (p population, err error) { return p, r.Scan(&p.currency, &p.size) })
	if errors.Is(err, sqldb.ErrNoRow) {
		return population{currency: currency}, nil
	}
	return found, err
}

// money is an amount in the population's currency.
func (p population) money(minor int64) *money.Money {
	if p.currency == "" {
		return nil
	}
	return kitmoney.Amount{Minor: minor, Currency: p.currency}.Proto()
}
