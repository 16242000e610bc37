package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const order = `{"customer":"customers/1","lines":[{"product":"products/tea","quantity":"2"}],"deliveryOption":"deliveryOptions/fast"}`

func TestWhatIsWrongWithARequestIsTold(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		reason             string
		fields             []string
	}{
		"unknown parameter":               {"GET", "/v1/orders?color=red", "", nil, 400, "INVALID_REQUEST", []string{"color"}},
		"unknown parameter without query": {"GET", "/v1/products/tea?color=red", "", nil, 400, "INVALID_REQUEST", []string{"color"}},
		"several unknown parameters":      {"GET", "/v1/orders?b=1&a=2", "", nil, 400, "INVALID_REQUEST", []string{"a", "b"}},
		"nested unknown parameter":        {"GET", "/v1/orders?filter.x=1", "", nil, 400, "INVALID_REQUEST", []string{"filter.x"}},
		"parameter in brackets":           {"GET", "/v1/orders?filter[x]=1", "", nil, 400, "INVALID_REQUEST", []string{"filter[x]"}},
		"parameter without a name":        {"GET", "/v1/orders?=1", "", nil, 400, "INVALID_REQUEST", []string{""}},
		"parameter that the path gives":   {"GET", "/v1/orders/1/refunds?parent=orders/2", "", nil, 400, "INVALID_REQUEST", []string{"parent"}},
		"parameter that the body is":      {"POST", "/v1/orders?order.name=x", order, nil, 400, "INVALID_REQUEST", []string{"order.name"}},
		"parameter beside a whole body":   {"POST", "/v1/orders/1:cancel?reason=x", `{"reason":"x"}`, nil, 400, "INVALID_REQUEST", []string{"reason"}},
		"parameter of the wrong type":     {"GET", "/v1/orders?pageSize=many", "", nil, 400, "INVALID_REQUEST", []string{"pageSize"}},
		"parameter too large":             {"GET", "/v1/orders?pageSize=2147483648", "", nil, 400, "INVALID_REQUEST", []string{"pageSize"}},
		"empty number":                    {"GET", "/v1/orders?page_size=", "", nil, 400, "INVALID_REQUEST", []string{"page_size"}},
		"parameter twice":                 {"GET", "/v1/orders?pageSize=1&pageSize=2", "", nil, 400, "INVALID_REQUEST", []string{"pageSize"}},
		"parameter by both its names":     {"GET", "/v1/orders?pageSize=1&page_size=1", "", nil, 400, "INVALID_REQUEST", []string{"page_size"}},
		"parameter not in UTF-8":          {"GET", "/v1/orders?filter=%ff", "", nil, 400, "INVALID_REQUEST", []string{"filter"}},
		"parameter's name not in UTF-8":   {"GET", "/v1/orders?%ff=1", "", nil, 400, "INVALID_REQUEST", []string{"\uFFFD"}},
		"query with a semicolon":          {"GET", "/v1/orders?a=1;b=2", "", nil, 400, "INVALID_REQUEST", nil},
		"query badly escaped":             {"GET", "/v1/orders?filter=%zz", "", nil, 400, "INVALID_REQUEST", nil},

		"unknown field":           {"POST", "/v1/orders", `{"colour":"red"}`, nil, 400, "INVALID_REQUEST", []string{"order.colour"}},
		"unknown field, deep":     {"POST", "/v1/orders", `{"lines":[{},{"prize":1}]}`, nil, 400, "INVALID_REQUEST", []string{"order.lines[1].prize"}},
		"unknown field, whole":    {"POST", "/v1/orders/1:cancel", `{"why":"x"}`, nil, 400, "INVALID_REQUEST", []string{"why"}},
		"several faults":          {"POST", "/v1/orders", `{"lines":[{"quantity":"x"},{"quantity":{}}],"channel":"SMOKE","a_b":1}`, nil, 400, "INVALID_REQUEST", []string{"order.lines[0].quantity", "order.lines[1].quantity", "order.channel", "order.a_b"}},
		"wrong type":              {"POST", "/v1/orders", `{"customer":7}`, nil, 400, "INVALID_REQUEST", []string{"order.customer"}},
		"number too large":        {"POST", "/v1/orders", `{"lines":[{"quantity":"9223372036854775808"}]}`, nil, 400, "INVALID_REQUEST", []string{"order.lines[0].quantity"}},
		"number with a fraction":  {"POST", "/v1/orders", `{"lines":[{"quantity":1.5}]}`, nil, 400, "INVALID_REQUEST", []string{"order.lines[0].quantity"}},
		"not a list":              {"POST", "/v1/orders", `{"lines":{}}`, nil, 400, "INVALID_REQUEST", []string{"order.lines"}},
		"list with null":          {"POST", "/v1/orders", `{"lines":[null]}`, nil, 400, "INVALID_REQUEST", []string{"order.lines[0]"}},
		"list of texts":           {"POST", "/v1/orders", `{"deliveryAddress":{"addressLines":["a",1]}}`, nil, 400, "INVALID_REQUEST", []string{"order.deliveryAddress.addressLines"}},
		"not an object":           {"POST", "/v1/orders", `{"deliveryAddress":"here"}`, nil, 400, "INVALID_REQUEST", []string{"order.deliveryAddress"}},
		"bad duration":            {"POST", "/v1/sandbox/clock:advance", `{"duration":"soon"}`, nil, 400, "INVALID_REQUEST", []string{"duration"}},
		"field twice":             {"POST", "/v1/orders", `{"customer":"a","customer":"b"}`, nil, 400, "INVALID_REQUEST", []string{"order.customer"}},
		"field by both its names": {"POST", "/v1/orders", `{"deliveryOption":"a","delivery_option":"b"}`, nil, 400, "INVALID_REQUEST", []string{"order.delivery_option"}},
		"half a surrogate pair":   {"POST", "/v1/orders", `{"customer":"\ud800"}`, nil, 400, "INVALID_REQUEST", []string{"order.customer"}},
		"path's field in body":    {"POST", "/v1/orders/1:cancel", `{"name":"orders/2"}`, nil, 400, "INVALID_REQUEST", []string{"name"}},
		"array for a body":        {"POST", "/v1/orders", `[]`, nil, 400, "INVALID_REQUEST", []string{"order"}},
		"null for a body":         {"POST", "/v1/orders", `null`, nil, 400, "INVALID_REQUEST", []string{"order"}},
		"two bodies":              {"POST", "/v1/orders", order + order, nil, 400, "INVALID_REQUEST", nil},
		"half a body":             {"POST", "/v1/orders", order[:20], nil, 400, "INVALID_REQUEST", nil},
		"no JSON":                 {"POST", "/v1/orders", `hello`, nil, 400, "INVALID_REQUEST", nil},
		"only blanks":             {"POST", "/v1/orders", `  `, nil, 400, "INVALID_REQUEST", nil},
		"nested deeply":           {"POST", "/v1/orders", deep, nil, 400, "INVALID_REQUEST", nil},
		"body not in UTF-8":       {"POST", "/v1/orders", "{\"customer\":\"\xff\"}", nil, 400, "INVALID_REQUEST", nil},
		"body missing":            {"POST", "/v1/orders", "", nil, 400, "INVALID_REQUEST", []string{"order"}},
		"body too large":          {"POST", "/v1/orders", strings.Repeat(" ", 1<<20) + "{}", nil, 413, "BODY_TOO_LARGE", nil},
		"body where none belongs": {"GET", "/v1/orders", `{}`, nil, 400, "BODY_NOT_ALLOWED", nil},

		"form":                {"POST", "/v1/orders", "a=b", []string{"Content-Type", "", "Content-Type", "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"no content type":     {"POST", "/v1/orders", order, []string{"Content-Type", ""}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"two types":           {"POST", "/v1/orders", order, []string{"Content-Type", "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"other charset":       {"POST", "/v1/orders", order, []string{"Content-Type", "", "Content-Type", "application/json; charset=latin1"}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"compressed":          {"POST", "/v1/orders", order, []string{"Content-Encoding", "gzip"}, 415, "UNSUPPORTED_CONTENT_ENCODING", nil},
		"empty key":           {"POST", "/v1/orders", order, []string{"Idempotency-Key", ""}, 400, "INVALID_REQUEST", []string{"Idempotency-Key"}},
		"long key":            {"POST", "/v1/orders", order, []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "INVALID_REQUEST", []string{"Idempotency-Key"}},
		"two keys":            {"POST", "/v1/orders", order, []string{"Idempotency-Key", "a", "Idempotency-Key", "b"}, 400, "INVALID_REQUEST", []string{"Idempotency-Key"}},
		"key of spaces":       {"POST", "/v1/orders", order, []string{"Idempotency-Key", "  "}, 400, "INVALID_REQUEST", []string{"Idempotency-Key"}},
		"key not ASCII":       {"POST", "/v1/orders", order, []string{"Idempotency-Key", "ü"}, 400, "INVALID_REQUEST", []string{"Idempotency-Key"}},
		"two tokens":          {"GET", "/v1/orders/1", "", []string{"Authorization", "Bearer a", "Authorization", "Bearer b"}, 400, "INVALID_REQUEST", []string{"Authorization"}},
		"token not ASCII":     {"GET", "/v1/orders/1", "", []string{"Authorization", "Bearer ü"}, 400, "INVALID_REQUEST", []string{"Authorization"}},
		"method override":     {"POST", "/v1/orders/1", "", []string{"X-HTTP-Method-Override", "GET"}, 405, "METHOD_NOT_ALLOWED", nil},
		"unknown path":        {"GET", "/v1/nothing", "", nil, 404, "PATH_NOT_FOUND", nil},
		"other version":       {"GET", "/v2/orders", "", nil, 404, "PATH_NOT_FOUND", nil},
		"slash at the end":    {"GET", "/v1/orders/", "", nil, 404, "PATH_NOT_FOUND", nil},
		"two slashes":         {"GET", "/v1//orders", "", nil, 404, "PATH_NOT_FOUND", nil},
		"segment left out":    {"GET", "/v1/products//stock", "", nil, 404, "PATH_NOT_FOUND", nil},
		"unknown verb":        {"POST", "/v1/orders/1:steal", "{}", nil, 404, "PATH_NOT_FOUND", nil},
		"unknown verb, read":  {"GET", "/v1/orders/1:steal", "", nil, 404, "PATH_NOT_FOUND", nil},
		"nothing but a verb":  {"POST", "/v1/orders/:cancel", "{}", nil, 404, "PATH_NOT_FOUND", nil},
		"path not in UTF-8":   {"GET", "/v1/orders/%ff", "", nil, 400, "INVALID_REQUEST", nil},
		"unknown service":     {"GET", "/v1/services/nobody/deadLetters", "", nil, 404, "NOT_FOUND", nil},
		"wrong method":        {"DELETE", "/v1/orders/1", "", nil, 405, "METHOD_NOT_ALLOWED", nil},
		"made-up method":      {"BREW", "/v1/orders", "", nil, 405, "METHOD_NOT_ALLOWED", nil},
		"post to a page":      {"POST", "/docs", "{}", nil, 405, "METHOD_NOT_ALLOWED", nil},
		"not in the contract": {"GET", "/v1/activity", "", nil, 404, "PATH_NOT_FOUND", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox)
			got := w.ask(t, c.method, c.path, c.body, c.headers...)
			require.Equal(t, c.status, got.Code, got.Body.String())
			require.Equal(t, "application/json", got.Header().Get("Content-Type"))
			require.Equal(t, c.reason, got.reason())
			require.Equal(t, c.fields, got.fields(), got.Body.String())
			require.Nil(t, w.order.request(), "it must not reach the service")
		})
	}
}

func TestFormWithoutAContentTypeHeaderOfItsOwn(t *testing.T) {
	w := newWorld(t)
	got := w.ask(t, "POST", "/v1/orders/1:pick", "a=b", "Content-Type", "")
	require.Equal(t, http.StatusUnsupportedMediaType, got.Code)
	require.Equal(t, "application/json", got.Header().Get("Accept"))
}

func TestWhatIsRightArrives(t *testing.T) {
	w := newWorld(t)
	got := w.ask(t, "POST", "/v1/orders?requestId=5", order, "Content-Type", "", "Content-Type", "application/json; charset=UTF-8")
	require.Equal(t, 200, got.Code, got.Body.String())
	sent, ok := w.order.request().(*orderv1.CreateOrderRequest)
	require.True(t, ok)
	require.Equal(t, "5", sent.GetRequestId())
	require.Equal(t, int64(2), sent.GetOrder().GetLines()[0].GetQuantity())

	got = w.ask(t, "GET", "/v1/orders?pageSize=3&page_token=t%20%C3%BC&orderBy=", "")
	require.Equal(t, 200, got.Code, got.Body.String())
	listed, ok := w.order.request().(*orderv1.ListOrdersRequest)
	require.True(t, ok)
	require.Equal(t, int32(3), listed.GetPageSize())
	require.Equal(t, "t ü", listed.GetPageToken())

	got = w.ask(t, "POST", "/v1/orders/1:cancel", `{"reason":"gone","requestId":null}`)
	require.Equal(t, 200, got.Code, got.Body.String())
	require.Equal(t, "gone", got.json()["cancelReason"])
	require.Equal(t, "orders/1", got.json()["name"])

	require.Equal(t, 200, w.ask(t, "POST", "/v1/orders/1:pick", "").Code, "a body that may be empty may be missing")
	require.Equal(t, "products/a b/stock", w.ask(t, "GET", "/v1/products/a%20b/stock", "").json()["name"])
	require.Equal(t, "products/x/stock", w.ask(t, "GET", "/v1/products/x%2Fstock", "").json()["name"])
}

// One body's bytes must not show up in the next request, though their buffers are used again.
func TestRequestsDoNotMix(t *testing.T) {
	w := newWorld(t)
	for _, reason := range []string{"the first and longest of the reasons", "short", "x"} {
		got := w.ask(t, "POST", "/v1/orders/1:cancel", `{"reason":"`+reason+`"}`)
		require.Equal(t, reason, got.json()["cancelReason"])
		require.Equal(t, 400, w.ask(t, "POST", "/v1/orders/1:cancel", `{"wrong":1}`).Code)
	}
}
