package gateway_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"kept.dev/kit/errs"
)

// A violation names the field as the caller has.
func TestViolationsAreSpelledAsTheCallerDoes(t *testing.T) {
	for name, c := range map[string]struct{ path, body, fault, want string }{
		"as in JSON":           {"/v1/products?productId=tea", `{"unitPrice":{"units":1}}`, "product.unit_price.currency_code", "product.unitPrice.currencyCode"},
		"not written":          {"/v1/products?productId=tea", `{}`, "product.unit_price", "product.unitPrice"},
		"as in proto":          {"/v1/products?productId=tea", `{"unit_price":{"units":1}}`, "product.unit_price", "product.unit_price"},
		"both":                 {"/v1/products?productId=tea", `{"unit_price":{"units":1}}`, "product.unit_price.currency_code", "product.unit_price.currencyCode"},
		"in a list":            {"/v1/orders", `{"delivery_option":"x"}`, "order.lines[2].delivery_option.unit_price", "order.lines[2].delivery_option.unitPrice"},
		"a parameter in JSON":  {"/v1/products?productId=t", `{}`, "product_id", "productId"},
		"a parameter as proto": {"/v1/products?product_id=t", `{}`, "product_id", "product_id"},
	} {
		w := newWorld(t)
		w.order.set(func(b *backend) { b.fail = errs.Invalid(c.fault, "is wrong") })
		got := w.ask(t, "POST", c.path, c.body)
		require.Equal(t, 400, got.Code, name)
		require.Equal(t, []string{c.want}, got.fields(), name)
		require.Equal(t, c.want+": is wrong", got.json()["message"], name)
	}
}

// A mask that was made of the body is the body's fault.
func TestFaultsOfMasksAreSpelledAsTheCallerDoes(t *testing.T) {
	w := newWorld(t)
	w.customer.set(func(b *backend) {
		b.fail = errs.Invalid("update_mask", "%q can't be changed; what can is %s", "point_count", "display_name")
	})
	got := w.ask(t, "PATCH", customer, `{"displayName":""}`)
	require.Equal(t, []string{"customer"}, got.fields())
	require.Contains(t, got.Body.String(), `\"pointCount\" can't be changed; what can is displayName`)
	require.Equal(t, []string{"updateMask"}, w.ask(t, "PATCH", customer+"?updateMask=email", `{}`).fields())
}

// What the state of things does not allow is a conflict, and has a reason.
func TestConflicts(t *testing.T) {
	for name, c := range map[string]struct {
		fail   error
		status int
		reason string
	}{
		"refused":          {errs.Refused("ORDER_SHIPPED", "too late"), 409, "ORDER_SHIPPED"},
		"without a reason": {status.Error(codes.FailedPrecondition, "no"), 409, "FAILED_PRECONDITION"},
		"exists":           {errs.AlreadyExists("orders/1"), 409, "ALREADY_EXISTS"},
		"stale":            {errs.Stale("ETAG_MISMATCH", "changed"), 409, "ETAG_MISMATCH"},
		"another request":  {errs.Refused("IDEMPOTENCY_KEY_REUSED", "no"), 422, "IDEMPOTENCY_KEY_REUSED"},
		"a fault":          {errors.New("x"), 500, "INTERNAL"},
	} {
		w := newWorld(t)
		w.order.set(func(b *backend) { b.fail = c.fail })
		got := w.ask(t, "POST", "/v1/orders/1:cancel", `{"reason":"x"}`)
		require.Equal(t, c.status, got.Code, name)
		require.Equal(t, c.reason, got.reason(), name)
	}
}
