package gateway_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/emptypb"

	"kept.dev/kit/errs"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func (b *backend) UpdateCustomer(_ context.Context, r *customerv1.UpdateCustomerRequest) (*customerv1.Customer, error) {
	return &customerv1.Customer{Name: r.GetCustomer().GetName(), Etag: "6"}, nil
}

func (b *backend) UpdateShortagePolicy(_ context.Context, r *orderv1.UpdateShortagePolicyRequest) (*orderv1.ShortagePolicy, error) {
	return r.GetShortagePolicy(), nil
}

func (b *backend) GetShortagePolicy(_ context.Context, r *orderv1.GetShortagePolicyRequest) (*orderv1.ShortagePolicy, error) {
	return &orderv1.ShortagePolicy{Name: r.GetName(), Etag: "3"}, nil
}

func (b *backend) DeleteIdentity(context.Context, *customerv1.DeleteIdentityRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (b *backend) ResolveIdentity(context.Context, *customerv1.ResolveIdentityRequest) (*customerv1.Identity, error) {
	return &customerv1.Identity{}, nil
}

const customer = "/v1/customers/1"

// updated is the update that has arrived.
func (w *world) updated(t *testing.T) *customerv1.UpdateCustomerRequest {
	t.Helper()
	sent, ok := w.customer.request().(*customerv1.UpdateCustomerRequest)
	require.True(t, ok)
	return sent
}

func TestUpdate(t *testing.T) {
	for place, w := range map[string]*world{"near": newWorld(t), "far": newDistributedWorld(t)} {
		for name, c := range map[string]struct {
			query, body string
			mask        []string
		}{
			"name from the path":     {"", `{"displayName":"Anna"}`, []string{"display_name"}},
			"same name in the body":  {"", `{"displayName":"Anna","name":"customers/1"}`, []string{"display_name"}},
			"spelled as in proto":    {"", `{"display_name":"Anna"}`, []string{"display_name"}},
			"no mask, field emptied": {"", `{"displayName":"Anna","email":"","addresses":[]}`, []string{"display_name", "email", "addresses"}},
			"what the server sets":   {"", `{"displayName":"Anna","createTime":"2026-01-01T00:00:00Z","etag":"5"}`, []string{"display_name"}},
			"mask":                   {"?updateMask=displayName,email", `{"displayName":"Anna"}`, []string{"display_name", "email"}},
			"mask as in proto":       {"?update_mask=display_name", `{"displayName":"Anna"}`, []string{"display_name"}},
			"mask of a deeper field": {"?updateMask=addresses.regionCode", `{"displayName":"Anna"}`, []string{"addresses.region_code"}},
			"full replacement":       {"?updateMask=*", `{"displayName":"Anna"}`, []string{"*"}},
			"mask that says nothing": {"?updateMask=", `{"displayName":"Anna"}`, []string{"display_name"}},
			"another parameter":      {"?requestId=5", `{"displayName":"Anna"}`, []string{"display_name"}},
		} {
			got := w.ask(t, "PATCH", customer+c.query, c.body)
			require.Equal(t, 200, got.Code, "%s, %s: %s", place, name, got.Body)
			require.Equal(t, "customers/1", got.json()["name"])
			require.Equal(t, `"6"`, got.Header().Get("Etag"))
			require.Equal(t, "application/json", got.Header().Get("Content-Type"))
			sent := w.updated(t)
			require.Equal(t, "customers/1", sent.GetCustomer().GetName())
			require.Equal(t, "Anna", sent.GetCustomer().GetDisplayName())
			require.Equal(t, c.mask, sent.GetUpdateMask().GetPaths(), "%s, %s", place, name)
		}
	}
}

func TestUpdatesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		path, body string
		fields     []string
	}{
		"another name":         {customer, `{"name":"customers/2"}`, []string{"customer.name"}},
		"another name, spaced": {customer, `{"name":"customers/1 "}`, []string{"customer.name"}},
		"another, two words":   {"/v1/shortagePolicy", `{"name":"shortagePolicies/2"}`, []string{"shortagePolicy.name"}},
		"no body":              {customer, "", []string{"customer"}},
		"unknown field":        {customer, `{"nick":"x"}`, []string{"customer.nick"}},
		"mask twice":           {customer + "?updateMask=email&update_mask=email", `{}`, []string{"update_mask"}},
		"resource in query":    {customer + "?customer.email=x", `{}`, []string{"customer.email"}},
		"mask in the body":     {customer, `{"updateMask":"email"}`, []string{"customer.updateMask"}},
	} {
		w := newWorld(t)
		got := w.ask(t, "PATCH", c.path, c.body)
		require.Equal(t, 400, got.Code, name)
		require.Equal(t, c.fields, got.fields(), "%s: %s", name, got.Body)
		require.Nil(t, w.customer.request())
	}
}

func TestIfMatch(t *testing.T) {
	w := newWorld(t)
	for match, want := range map[string]string{`"5"`: "5", `W/"5"`: "5", `*`: "", ``: ""} {
		require.Equal(t, 200, w.ask(t, "PATCH", customer, `{}`, "If-Match", match).Code, match)
		require.Equal(t, want, w.updated(t).GetCustomer().GetEtag(), match)
	}
	require.Equal(t, 200, w.ask(t, "PATCH", customer, `{"etag":"5"}`, "If-Match", `"5"`).Code)
	for _, headers := range [][]string{{"If-Match", `"4"`}, {"If-Match", `"5", "6"`}, {"If-Match", `"5"`, "If-Match", `"6"`}} {
		require.Equal(t, []string{"If-Match"}, w.ask(t, "PATCH", customer, `{"etag":"5"}`, headers...).fields())
	}
	require.Equal(t, []string{"If-Match"}, w.ask(t, "PATCH", customer, `{}`, "If-Match", "\"\xff\"").fields())
	require.Equal(t, []string{"If-Match"}, w.ask(t, "POST", "/v1/orders/1:pick", "", "If-Match", `"5"`).fields(),
		"a precondition that nobody would keep")

	w.customer.set(func(b *backend) { b.fail = errs.Stale("ETAG_MISMATCH", "changed meanwhile") })
	require.Equal(t, 412, w.ask(t, "PATCH", customer, `{}`, "If-Match", `"5"`).Code)
	require.Equal(t, 409, w.ask(t, "PATCH", customer, `{"etag":"5"}`).Code)
}

func TestIfNoneMatch(t *testing.T) {
	w := newWorld(t)
	for given, status := range map[string]int{`"3"`: 304, `W/"3"`: 304, `"1", "3"`: 304, `"4"`: 200, ``: 200} {
		got := w.ask(t, "GET", "/v1/shortagePolicy", "", "If-None-Match", given)
		require.Equal(t, status, got.Code, given)
		require.Equal(t, `"3"`, got.Header().Get("Etag"))
		require.Equal(t, status == 304, got.Body.Len() == 0)
	}
	require.Equal(t, 200, w.ask(t, "PATCH", customer, `{}`, "If-None-Match", `"6"`).Code, "only readers have it already")
}

func TestNamesWithoutAnId(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, "shortagePolicy", w.ask(t, "GET", "/v1/shortagePolicy", "").json()["name"])
	require.Equal(t, "shortagePolicy", w.ask(t, "PATCH", "/v1/shortagePolicy", `{}`).json()["name"])
	require.Equal(t, 404, w.ask(t, "GET", "/v1/shortagePolicy/1", "").Code)
	require.Equal(t, 200, w.ask(t, "GET", "/v1/identities:resolve", "").Code)
	require.Equal(t, 404, w.ask(t, "GET", "/v1/identities", "").Code)
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	got := w.ask(t, "DELETE", "/v1/customers/1/identities/2?requestId=3", "")
	require.Equal(t, 200, got.Code, got.Body.String())
	require.Empty(t, got.json())
	sent, ok := w.customer.request().(*customerv1.DeleteIdentityRequest)
	require.True(t, ok)
	require.Equal(t, "customers/1/identities/2", sent.GetName())
	require.Equal(t, 400, w.ask(t, "DELETE", "/v1/customers/1/identities/2", "{}").Code)
}
