package bench

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"
)

// flashSale measures orders over many products while as many callers again want one product that is sold out. Their refusals
// must not slow down the others: together there should be no fewer answers a second than when everybody orders over many.
func (r *run) flashSale(ctx context.Context, p *target) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	if err := s.sellOut(ctx); err != nil {
		return err
	}
	many := func(ctx context.Context, caller int) error {
		_, err := s.order(ctx, caller+int(time.Now().UnixNano()%1000000))
		return err
	}
	alone, ratio, err := r.against(ctx, 10*time.Second, 32, many)
	if err != nil {
		return err
	}
	r.print("%s: flash sale: all over many     %6.0f orders/s at 32 callers = %.2f of the baseline, p99 %s, %d failed %s",
		p.shape, alone.Rate(), ratio, short(alone.P99), alone.Failed, orNothing(alone.FirstFault))
	var refused atomic.Int64
	mixed, ratio, err := r.against(ctx, 10*time.Second, 32, func(ctx context.Context, caller int) error {
		if caller%2 == 0 {
			return many(ctx, caller)
		}
		err := s.orderSoldOut(ctx)
		if err == nil {
			refused.Add(1)
		}
		return err
	})
	if err != nil {
		return err
	}
	orders := float64(mixed.Done-refused.Load()) / mixed.Elapsed.Seconds()
	r.print("%s: flash sale: half want one gone %6.0f answers/s at 32 callers = %.2f of the baseline (needed: no fewer), %.0f orders/s, p99 %s, %d failed %s",
		p.shape, mixed.Rate(), ratio, orders, short(mixed.P99), mixed.Failed, orNothing(mixed.FirstFault))
	_, err = p.settle(ctx, 2*time.Minute)
	return err
}

// sellOut adds a product of which there are no units.
func (s *shop) sellOut(ctx context.Context) error {
	_, err := s.post(ctx, "/v1/products?productId=gone", `{"displayName":"Gone","unitPrice":{"currencyCode":"EUR","units":10}}`)
	return err
}

// orderSoldOut orders the product that is sold out, and is refused.
func (s *shop) orderSoldOut(ctx context.Context) error {
	_, err := s.post(ctx, "/v1/orders", s.orderOf("gone"))
	switch {
	case err == nil:
		return errors.New("an order for a product that is sold out was accepted")
	case strings.Contains(err.Error(), "OUT_OF_STOCK"):
		return nil
	}
	return err
}
