package observability

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"kept.dev/kit"
	"kept.dev/kit/access"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/services/notification/smtptest"
	"kept.dev/suite/mailsink"
)

// mark stands for what is a customer's. It is planted wherever a customer's data goes in.
const mark = "Zaphod-Beeblebrox"

// TestNothingPersonalIsSeen plants marked values wherever a customer's data goes in, makes calls go well and badly, and
// looks for the marks in everything that operators can see, the log at its most talkative.
func TestNothingPersonalIsSeen(t *testing.T) {
	box, err := mailsink.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(box.Stop)
	w := watchWith(t, kit.Mail{SMTP: box.SMTP(), From: "The Shop <service@shop.example>", PublicURL: "https://shop.example"})

	customer := w.customers(t)
	order := w.orders(t, customer)
	w.cases(t, customer, order)
	w.imports(t)
	link := w.messages(t, box, customer)
	w.call(t, http.MethodPost, "/v1/sandbox/clock:advance", `{"duration": "7200s"}`)
	w.unseen(t, mark, strings.ToLower(mark), "441234567", link, "eyJ")
}

// unseen looks for what was planted.
func (w *watched) unseen(t *testing.T, planted ...string) {
	t.Helper()
	spans := w.spans.GetSpans()
	require.Greater(t, len(spans), 50)
	require.Contains(t, w.log.String(), "timer failed", "the log has been written to")
	for _, p := range planted {
		require.NotContains(t, w.log.String(), p, "log")
		require.NotContains(t, w.metrics(), p, "metrics")
		for _, s := range spans {
			require.NotContains(t, describe(s), p, "span %s", s.Name)
		}
	}
}

// customers makes a customer, and looks for more in vain.
func (w *watched) customers(t *testing.T) (name string) {
	t.Helper()
	name = nameIn(t, w.call(t, http.MethodPost, "/v1/customers", `{"displayName": "`+mark+`", "email": "`+mark+`@example.org", "phone": "+380441234567"}`,
		"Idempotency-Key", mark+"-key"))
	w.call(t, http.MethodPost, "/v1/customers", `{"displayName": 5, "`+mark+`": 1}`) // no such field
	w.call(t, http.MethodGet, "/v1/customers/"+mark, "")
	w.call(t, http.MethodGet, "/v1/identities:resolve?value="+mark+"@example.org", "")
	w.call(t, http.MethodGet, "/v1/identities:resolve?value=%2B380441234567", "")
	w.call(t, http.MethodPatch, "/v1/"+name, `{"email": "second-`+mark+`@example.org"}`)
	return name
}

// orders places one order and fails to place others.
func (w *watched) orders(t *testing.T, customer string) (name string) {
	t.Helper()
	w.call(t, http.MethodPost, "/v1/products?productId=pot", `{"displayName": "Pot", "unitPrice": {"currencyCode": "EUR", "units": 1}}`)
	w.call(t, http.MethodPost, "/v1/products/pot/stock:adjust", `{"quantityDelta": 50, "reason": "`+mark+`"}`)
	w.call(t, http.MethodPost, "/v1/deliveryOptions?deliveryOptionId=fast", `{"displayName": "Fast", "promisedDuration": "3600s"}`)
	order := fmt.Sprintf(`{"customer": %q, "deliveryOption": "deliveryOptions/fast", "lines": [{"product": "products/pot", "quantity": %s}],
		"deliveryAddress": {"regionCode": "UA", "addressLines": [%q], "recipients": [%q]}}`, customer, "%s", mark, mark)
	placed := w.call(t, http.MethodPost, "/v1/orders", fmt.Sprintf(order, "1"))
	require.Contains(t, placed, "PLACED", "the marks have to be inside")
	w.call(t, http.MethodPost, "/v1/orders", fmt.Sprintf(order, "4711"))                        // refused by the stock
	w.call(t, http.MethodPost, "/v1/orders", fmt.Sprintf(order, `"`+mark+`"`))                  // no number
	w.call(t, http.MethodGet, "/v1/promises?filter=customer%3D%22"+mark+"%22%20AND%20nope", "") // no such filter
	return nameIn(t, placed)
}

// cases tells of something, twice, and is answered.
func (w *watched) cases(t *testing.T, customer, order string) {
	t.Helper()
	opened := nameIn(t, w.call(t, http.MethodPost, "/v1/cases", fmt.Sprintf(
		`{"customer": %q, "title": %q, "description": %q, "about": %q}`, customer, mark, mark, order)))
	w.call(t, http.MethodPost, "/v1/"+opened+":contact", `{"body": "`+mark+`", "channel": "PHONE"}`)
	w.call(t, http.MethodPost, "/v1/"+opened+":contact", `{"body": "`+mark+`", "channel": "`+mark+`"}`) // no such channel
	w.call(t, http.MethodPost, "/v1/"+opened+":reply", `{"body": "Dear `+mark+`"}`)
	require.Contains(t, w.call(t, http.MethodPost, "/v1/"+opened+":close", `{"resolution": "`+mark+`"}`), "CLOSED")
	w.call(t, http.MethodPost, "/v1/"+opened+":reply", `{"body": "`+mark+`"}`) // closed
	w.call(t, http.MethodGet, "/v1/cases?filter=title%3D%22"+mark+"%22", "")
}

// imports takes files in, good and bad rows, and one that is no CSV.
func (w *watched) imports(t *testing.T) {
	t.Helper()
	faults := 0
	for _, f := range []struct{ rowType, rows string }{
		{"CUSTOMER", "customer_id,display_name,email,phone\nK-1," + mark + ",k1-" + mark + "@example.org,+380441234567\n" +
			mark + "," + mark + "," + mark + " at example.org,441234567-" + mark + "\n"},
		{"ORDER", "customer_id,display_name,email,ordered,product_id,quantity,amount\n" +
			"K-2," + mark + ",k2-" + mark + "@example.org,2025-11-03,pot,1,9.90\n" +
			"K-3," + mark + "," + mark + "," + mark + "," + mark + "," + mark + "," + mark + "\n"},
		{"CUSTOMER", "customer_id,display_name\nK-4,\"" + mark + "\n"},
		{"CUSTOMER", mark + "," + mark + "\n"},
	} {
		name := nameIn(t, w.call(t, http.MethodPost, "/v1/imports", fmt.Sprintf(
			`{"displayName": %q, "format": "CSV", "rowType": %q, "issuer": "erp", "currencyCode": "EUR"}`, mark+".csv", f.rowType)))
		w.call(t, http.MethodPut, "/v1/"+name+"/content", f.rows, "Content-Type", "text/csv")
		started := w.call(t, http.MethodPost, "/v1/"+name+":start", `{}`)
		require.Eventually(t, func() bool {
			return regexp.MustCompile(`"state":"(SUCCEEDED|FAILED)"`).MatchString(w.call(t, http.MethodGet, "/v1/"+name, "")) ||
				strings.Contains(started, "must name a column")
		}, 10*time.Second, 10*time.Millisecond)
		faults += strings.Count(w.call(t, http.MethodGet, "/v1/"+name+"/faults", ""), `"line":`)
	}
	require.GreaterOrEqual(t, faults, 2, "bad rows have to be among them")
	require.Contains(t, w.call(t, http.MethodGet, "/v1/identities:resolve?value=k1-"+mark+"@example.org", ""), "customers/", "and good ones")
}

// messages has mails go out and be refused by a server that says to whom, and takes a link. It returns the link's signature.
func (w *watched) messages(t *testing.T, box *mailsink.Sink, customer string) (signature string) {
	t.Helper()
	short := func() {
		order := nameIn(t, w.call(t, http.MethodPost, "/v1/orders", fmt.Sprintf(
			`{"customer": %q, "deliveryOption": "deliveryOptions/fast", "lines": [{"product": "products/pot", "quantity": 1}]}`, customer)))
		w.call(t, http.MethodPost, "/v1/"+order+"/shortages", `{"product": "products/pot", "quantity": 1, "reason": "`+mark+` wants another"}`)
		w.call(t, http.MethodPost, "/v1/sandbox/clock:advance", `{"duration": "0s"}`)
	}
	short()
	require.NotEmpty(t, box.MailsTo("second-"+mark+"@example.org"), "the mark has to go out")
	for _, fault := range []smtptest.Fault{
		{At: smtptest.Recipient, Code: 450, Text: "<" + mark + "@example.org>: greylisted", Times: 1},
		{At: smtptest.Recipient, Code: 550, Text: "<" + mark + "@example.org>: no such user", Times: 1},
		{At: smtptest.End, Code: 554, Text: "Message of " + mark + " refused", Times: 1},
		{At: smtptest.End, Drop: true, Times: 1},
	} {
		box.InjectFault(fault)
		short()
	}
	raw, err := w.env.Token(access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: customer})
	require.NoError(t, err)
	inbox := w.call(t, http.MethodGet, "/v1/messages?filter=customer%3D%22"+mark+"%22", "") +
		w.call(t, http.MethodGet, "/v1/messages", "", "Authorization", "Bearer "+raw)
	action := regexp.MustCompile(`"action":"(actions/[^"]+\.([\w-]{43}))"`).FindStringSubmatch(inbox)
	require.NotNil(t, action, inbox)
	require.Contains(t, inbox, "no such user", "the refusal has to be inside")
	w.call(t, http.MethodGet, "/v1/"+action[1], "")
	w.call(t, http.MethodPost, "/v1/"+action[1]+":take", `{"`+mark+`": 1}`)
	require.Contains(t, w.call(t, http.MethodPost, "/v1/"+action[1]+":take", `{}`), "TAKEN")
	return action[2]
}

func describe(s tracetest.SpanStub) string {
	var b strings.Builder
	fmt.Fprintln(&b, s.Name, s.Status.Description, s.Attributes, s.Events, s.Links)
	return b.String()
}
