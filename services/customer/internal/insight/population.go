package insight

import (
	"cmp"
	"context"
	"errors"
	"strings"

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

const insights = "insights/"

// mostBought is the insight into the currency in which the most customers have bought.
const mostBought = "default"

// populationOf is who has bought in the currency of the insight, whose name begins with insights/{insight}.
//
// Errors: INVALID_ARGUMENT naming the field for what is no currency.
func (s *Service) populationOf(ctx context.Context, field, name string) (population, error) {
	currency, _, _ := strings.Cut(strings.TrimPrefix(name, insights), "/")
	among, query := population{}, sqldb.Q(countMost)
	if currency != mostBought {
		if _, err := kitmoney.Parse(&money.Money{CurrencyCode: currency}); err != nil {
			return population{}, errs.Invalid(field, "must be of the ISO 4217 code of a currency, such as insights/EUR, or of insights/default")
		}
		among.currency, query = currency, sqldb.Q(countIn, currency)
	}
	results, err := s.db.Batch(ctx, query)
	if err != nil {
		return population{}, err
	}
	found, err := sqldb.One(results[0], func(r *sqldb.Rows) (p population, err error) { return p, r.Scan(&p.currency, &p.size) })
	if errors.Is(err, sqldb.ErrNoRow) {
		return among, nil
	}
	return found, err
}

// name is the insight's, insights/{insight}: that of its currency where there is any.
func (p population) name() string { return insights + cmp.Or(p.currency, mostBought) }

// money is an amount in the population's currency.
func (p population) money(minor int64) *money.Money {
	if p.currency == "" {
		return nil
	}
	return kitmoney.Amount{Minor: minor, Currency: p.currency}.Proto()
}
