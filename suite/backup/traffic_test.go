package backup_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/scenario"
)

func runStory(ctx context.Context, env scenario.Environment, story func(*scenario.Runner)) error {
	_, err := scenario.Run(ctx, env, scenario.Story{Run: story})
	return err
}

// openShop puts plenty of one product on the shelf, and a way of delivery.
func openShop(t *testing.T, env scenario.Environment) {
	t.Helper()
	require.NoError(t, runStory(t.Context(), env, func(p *scenario.Runner) {
		admin := p.As(accessv1.Role_ROLE_ADMIN, "admins/owner")
		euros := func(units string) map[string]any { return map[string]any{"currencyCode": "EUR", "units": units} }
		p.Post(admin, "/v1/products?productId=pot", map[string]any{"displayName": "Pot", "unitPrice": euros("20")}).OK()
		p.Post(admin, "/v1/products/pot/stock:adjust", map[string]any{"quantityDelta": 100000, "reason": "delivery"}).OK()
		p.Post(admin, "/v1/deliveryOptions?deliveryOptionId=fast", map[string]any{
			"displayName": "Fast", "promisedDuration": "86400s", "warningDuration": "21600s", "speedFee": euros("5"),
		}).OK()
	}))
}

// shopping is what a customer does: one order is called off, the next one comes.
func shopping(p *scenario.Runner) {
	admin := p.As(accessv1.Role_ROLE_ADMIN, "admins/owner")
	customer := p.Post(admin, "/v1/customers", map[string]any{"displayName": "Olena", "email": p.Tag + "@example.org"}).OK().Text("name")
	p.Post(admin, "/v1/"+order(p, customer)+":cancel", map[string]any{"reason": "changed my mind"}).OK()
	came := order(p, customer)
	for _, step := range []string{"pick", "ship", "deliver"} {
		p.Post(admin, "/v1/"+came+":"+step, map[string]any{}).OK()
	}
}

// order places an order.
func order(p *scenario.Runner, customer string) string {
	return p.Post(p.As(accessv1.Role_ROLE_ADMIN, "admins/owner"), "/v1/orders", map[string]any{
		"customer": customer, "channel": "WEB", "deliveryOption": "deliveryOptions/fast",
		"lines": []any{map[string]any{"product": "products/pot", "quantity": "1"}},
	}).OK().Text("name")
}

// traffic has several customers shop all the time until it is stopped. Nothing that they do may fail.
func traffic(t *testing.T, env scenario.Environment) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var shoppers sync.WaitGroup
	failed := make(chan error, 4)
	for range cap(failed) {
		shoppers.Go(func() {
			for ctx.Err() == nil {
				if err := runStory(context.WithoutCancel(ctx), env, shopping); err != nil {
					failed <- fmt.Errorf("while a backup is taken: %w", err)
					return
				}
			}
		})
	}
	return func() {
		cancel()
		shoppers.Wait()
		close(failed)
		require.NoError(t, <-failed)
	}
}
