package order

import (
	"context"
	"time"

	"kept.dev/kit/errs"
	"kept.dev/kit/localcopy"
	"kept.dev/kit/money"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/catalog"
)

// terms are what the shop knows and the customer does not decide: prices, and what a way of delivery promises.
type terms struct {
	prices         map[string]money.Amount // by product name
	promised, risk time.Duration
	fee            money.Amount // zero for none
	customerKnown  bool
}

const selectOption = `
	select promised, risk, fee, currency, (select count(*) from known_customer where name = $2)
	from delivery_option where id = $1`

// terms reads all that an order needs, in one round trip where the customer is known here.
func (s *Service) terms(ctx context.Context, o *orderv1.Order) (terms, error) {
	products := make([]string, len(o.GetLines()))
	for i, line := range o.GetLines() {
		products[i] = line.GetProduct()
	}
	results, err := s.db.Batch(ctx,
		catalog.SelectOffers(products),
		sqldb.Q(selectOption, optionID(o.GetDeliveryOption()), o.GetCustomer()))
	if err != nil {
		return terms{}, err
	}
	t, err := sqldb.One(results[1], scanOption)
	if err != nil {
		return terms{}, errs.Invalid("order.delivery_option", "%q does not exist", o.GetDeliveryOption())
	}
	if !t.customerKnown {
		if err := s.knownCustomers().Learn(ctx, s.db, "order.customer", o.GetCustomer()); err != nil {
			return terms{}, err
		}
	}
	offers, err := sqldb.All(results[0], catalog.ScanOffer)
	if err != nil {
		return terms{}, err
	}
	t.prices = make(map[string]money.Amount, len(offers))
	for _, offer := range offers {
		t.prices[offer.Product] = offer.Price
	}
	return t, nil
}

func scanOption(r *sqldb.Rows) (t terms, err error) {
	var promised, risk, known int64
	err = r.Scan(&promised, &risk, &t.fee.Minor, &t.fee.Currency, &known)
	t.customerKnown = known > 0
	t.promised, t.risk = time.Duration(promised)*time.Microsecond, time.Duration(risk)*time.Microsecond
	return t, err
}

// knownCustomers are the customers of whom it is known here that they exist.
func (s *Service) knownCustomers() localcopy.Copy[string] {
	return localcopy.Names(knownCustomers, func(ctx context.Context, name string) error {
		_, err := s.customers().GetCustomer(ctx, &customerv1.GetCustomerRequest{Name: name})
		return err
	})
}

const knownCustomers = "known_customer"
