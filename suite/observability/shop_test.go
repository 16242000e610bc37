package observability

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/scenario"
)

// placeOrder has a new customer order something, with a promise, and returns the order's name.
func placeOrder(t *testing.T, env scenario.Environment) string {
	t.Helper()
	customer := nameIn(t, call(t, env, http.MethodPost, "/v1/customers", `{"displayName": "Olena", "email": "olena@example.org"}`))
	call(t, env, http.MethodPost, "/v1/products?productId=pot", `{"displayName": "Pot", "unitPrice": {"currencyCode": "EUR", "units": 1}}`)
	call(t, env, http.MethodPost, "/v1/products/pot/stock:adjust", `{"quantityDelta": 5, "reason": "delivery"}`)
	call(t, env, http.MethodPost, "/v1/deliveryOptions?deliveryOptionId=fast", `{"displayName": "Fast", "promisedDuration": "86400s"}`)
	return nameIn(t, call(t, env, http.MethodPost, "/v1/orders", fmt.Sprintf(
		`{"customer": %q, "deliveryOption": "deliveryOptions/fast", "lines": [{"product": "products/pot", "quantity": 1}]}`, customer)))
}

// nameIn is the name of the resource in an answer.
func nameIn(t *testing.T, answer string) string {
	t.Helper()
	_, rest, found := strings.Cut(answer, `"name":"`)
	require.True(t, found, answer)
	return strings.SplitN(rest, `"`, 2)[0]
}
