package scenario

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/history/exports"
	"kept.dev/suite/importer"
)

// S53 at work within an hour: the exports of four shops come in as they are, by the name of the program alone. What would come is shown
// before; the same file again changes nothing, one with an amount corrected changes that order; and all of it can be taken back.
func S53(r *Runner) {
	s := &archive{Runner: r, manager: r.As(accessv1.Role_ROLE_MANAGER, "managers/maria"), agent: r.As(accessv1.Role_ROLE_AGENT, "agents/anna")}
	s.client = &importer.Client{URL: r.env.URL, Token: s.manager.token, HTTP: r.env.HTTP, Every: 20 * time.Millisecond}
	for _, x := range shopExports {
		s.preview(x)
		name := s.takeIn(x)
		s.Equal([]int64{0, 0, 0}, s.news(s.imports(x, s.text(x), false)), x.file+" again brings nothing")
		s.requireBuyers(x)
		s.correct(x)
		s.undo(x, name)
	}
}

// archive is what other systems knew.
type archive struct {
	*Runner
	manager, agent Caller
	client         *importer.Client
}

// buyer is a customer of an export, and what is known of them once it is in.
type buyer struct {
	spelled string // an address or a number, as the export does not have it
	issued  string // or an id
	points  string // what they have earned; nothing without an account
	paid    string // for goods, and kept, in whole units of the currency
	orders  []string
}

type shopExport struct {
	file     string
	sameAs   string // another file with the same people
	preset   orderv1.Import_Preset
	currency string
	totals   []string
	orders   int64
	buyers   []buyer
	// What of it is corrected, and how.
	wrong, right string
}

var shopExports = []shopExport{
	{
		file: "shopify.csv", preset: orderv1.Import_SHOPIFY, currency: "EUR", orders: 4,
		totals: []string{"EUR 98.75 back 0.00 in 2, 0 cancelled", "USD 19.00 back 19.00 in 1, 1 cancelled"},
		buyers: []buyer{
			{spelled: "ANNA@example.com", points: "68", paid: "68", orders: []string{"#1001 DELIVERED 73.80 back 0.00"}},
			{spelled: "bob@example.com", points: "0", orders: []string{"#1003 RETURNED 19.00 back 19.00", "#1004 CANCELLED 19.00 back 0.00"}},
		},
		wrong: "68.90,4.90,11.00,73.80", right: "68.90,5.90,11.00,74.80",
	},
	{
		file: "woocommerce.csv", preset: orderv1.Import_WOOCOMMERCE, currency: "EUR", orders: 4,
		totals: []string{"CHF 21.50 back 0.00 in 1, 0 cancelled", "EUR 1087.90 back 1019.00 in 2, 0 cancelled"},
		buyers: []buyer{{spelled: "Petra@Example.de", issued: "17", points: "49", paid: "49", orders: []string{"1501 DELIVERED 1068.90 back 1019.00"}}},
		wrong:  "1502;31.12.2025 23:59;0;;Gast;;TP-1;Teekanne;1;19,00;19,00", right: "1502;31.12.2025 23:59;0;;Gast;;TP-1;Teekanne;1;18,00;18,00",
	},
	oneC("1c-windows-1251.csv", ""), oneC("1c-utf8.csv", "1c-windows-1251.csv"),
}

func oneC(file, sameAs string) shopExport {
	return shopExport{
		file: file, sameAs: sameAs, preset: orderv1.Import_ONE_C, currency: "RUB", orders: 3, totals: []string{"RUB 6890.00 back 1900.00 in 2, 0 cancelled"},
		buyers: []buyer{
			{spelled: "+74951234567", points: "4990", paid: "4990", orders: []string{"ЦБ-000001 DELIVERED 4990.00 back 0.00"}},
			{spelled: "+79161234567", points: "0", orders: []string{"ЦБ-000002 RETURNED 1900.00 back 1900.00"}},
		},
		wrong: "2 495,00;4 990,00", right: "2 500,00;5 000,00",
	}
}

// own makes an export's people and numbers this play's, so that it can be played again on the same data.
func (s *archive) own(text string) string {
	digits := number(s.Tag)
	return strings.NewReplacer("@example", "@"+s.Tag+".example", "@Example", "@"+s.Tag+".example", "123-45-67", digits, "1234567", digits).Replace(text)
}

func (s *archive) text(x shopExport) string {
	raw, err := exports.Files.ReadFile(x.file)
	s.Check(err == nil, "%s is there: %v", x.file, err)
	return s.own(string(raw))
}

// imports takes a text in to its end, with nothing said but the program, as a system of its own.
func (s *archive) imports(x shopExport, text string, dry bool) *orderv1.Import {
	issuer := strings.ToLower("shop-" + strings.TrimSuffix(x.file, ".csv") + "-" + s.Tag)
	name, err := s.client.Send(s.ctx, &orderv1.Import{
		DisplayName: x.file, Format: orderv1.Import_CSV, Preset: x.preset, Issuer: issuer, TimeZone: "Europe/Berlin", ValidateOnly: dry,
	}, strings.NewReader(text), int64(len(text)), func(importer.Progress) {})
	s.Check(err == nil, "%s is sent: %v", x.file, err)
	ended, err := s.client.Follow(s.ctx, name, func(importer.Progress) {})
	s.Check(err == nil && ended.GetState() == orderv1.Import_SUCCEEDED && ended.GetFaultCount() == 0, "%s is taken in: %v %v", x.file, ended, err)
	return ended
}

// news are the counts of new customers, new orders and changed orders.
func (*archive) news(i *orderv1.Import) []int64 {
	return []int64{i.GetCustomerCount(), i.GetOrderCount(), i.GetChangedCount()}
}

func (*archive) totals(i *orderv1.Import) (all []string) {
	for _, t := range i.GetSummary().GetTotals() {
		all = append(all, fmt.Sprintf("%s %d.%02d back %d.%02d in %d, %d cancelled", t.GetCurrencyCode(),
			t.GetPaidAmount().GetUnits(), t.GetPaidAmount().GetNanos()/10_000_000,
			t.GetRefundedAmount().GetUnits(), t.GetRefundedAmount().GetNanos()/10_000_000, t.GetOrderCount(), t.GetCancelledCount()))
	}
	return all
}

// preview shows what would come, and brings nothing.
func (s *archive) preview(x shopExport) {
	dry := s.imports(x, s.text(x), true)
	s.Equal(x.totals, s.totals(dry), x.file+" would come to")
	s.Equal(x.orders, dry.GetOrderCount(), x.file+" would bring so many orders and returns")
	s.Check(len(dry.GetSummary().GetSamples()) > 0, "%s is shown before", x.file)
	for _, b := range x.buyers {
		if x.sameAs != "" { // whose people are known already
			break
		}
		s.Get(s.agent, "/v1/identities:resolve", "value", s.own(b.spelled)).Refused(http.StatusNotFound, "NOT_FOUND")
	}
}

// takeIn takes an export in, and returns the import's name.
func (s *archive) takeIn(x shopExport) string {
	i := s.imports(x, s.text(x), false)
	s.Equal(x.totals, s.totals(i), x.file+" comes to")
	s.Equal(x.orders, i.GetOrderCount(), x.file+" brings so many orders and returns")
	s.requireBuyers(x)
	return i.GetName()
}

func (s *archive) requireBuyers(x shopExport) {
	for _, b := range x.buyers {
		id := strings.TrimPrefix(s.Get(s.agent, "/v1/identities:resolve", "value", s.own(b.spelled)).OK().Text("customer"), "customers/")
		s.Equal(b.orders, s.orders(id), x.file+": the orders of "+b.spelled)
		s.requirePoints(x, b, id, b.points)
		if b.paid == "" {
			s.requireNoSale(x, id)
			continue
		}
		s.Soon("what "+b.spelled+" has paid and kept counts", func() Answer {
			return s.Get(s.manager, "/v1/insights/"+x.currency+"/rfmScores/"+id)
		}, func(a Answer) bool { return a.Text("totalAmount", "units") == b.paid && a.Text("orderCount") == "1" })
	}
}

// orders are a customer's, told in short.
func (s *archive) orders(customer string) []string {
	all := []string{}
	for _, o := range s.Get(s.agent, "/v1/orders", "filter", `customer = "customers/`+customer+`"`).OK().List("orders") {
		all = append(all, fmt.Sprint(o["orderNumber"], " ", o["state"], " ", cents(o["totalAmount"]), " back ", cents(o["refundedAmount"])))
	}
	slices.Sort(all)
	return all
}

// cents is an amount with two decimals.
func cents(amount any) string {
	a, _ := amount.(map[string]any)
	var units, nanos int64
	_, _ = fmt.Sscan(fmt.Sprint(a["units"]), &units) // nothing is zero
	_, _ = fmt.Sscan(fmt.Sprint(a["nanos"]), &nanos)
	return fmt.Sprintf("%d.%02d", units, nanos/10_000_000)
}

func (s *archive) requirePoints(x shopExport, b buyer, id, want string) {
	s.Soon(x.file+": the points of "+b.spelled+" are "+want, func() Answer {
		return s.Get(s.agent, "/v1/programs/main/accounts/"+id)
	}, func(a Answer) bool {
		had := a.Text("balance")
		return had == want || want == "0" && had == "" && a.Status == http.StatusOK
	})
}

func (s *archive) requireNoSale(x shopExport, id string) {
	s.Soon("what was given back or cancelled counts no more", func() Answer {
		return s.Get(s.manager, "/v1/insights/"+x.currency+"/rfmScores/"+id)
	}, func(a Answer) bool { return a.Status == http.StatusNotFound })
}

// correct has one amount be another one.
func (s *archive) correct(x shopExport) {
	text := strings.ReplaceAll(s.text(x), "\u00A0", " ")
	if strings.Contains(x.file, "1251") { // a no-break space is one byte there
		text = strings.ReplaceAll(text, "\xA0", " ")
	}
	s.Check(strings.Contains(text, x.wrong), "%s has %s", x.file, x.wrong)
	corrected := s.imports(x, strings.Replace(text, x.wrong, x.right, 1), false)
	s.Equal([]int64{0, 0, 1}, s.news(corrected), x.file+" corrected changes one order")
	again := s.imports(x, s.text(x), false)
	s.Equal([]int64{0, 0, 1}, s.news(again), x.file+" as it was changes it back")
	s.requireBuyers(x)
}

// undo takes back what an import has brought.
func (s *archive) undo(x shopExport, name string) {
	s.Check(s.client.Undo(s.ctx, name) == nil, "%s can be undone", x.file)
	undone, err := s.client.Follow(s.ctx, name, func(importer.Progress) {})
	s.Check(err == nil && undone.GetState() == orderv1.Import_UNDONE, "%s is undone: %v %v", x.file, undone, err)
	for _, b := range x.buyers {
		id := strings.TrimPrefix(s.Get(s.agent, "/v1/identities:resolve", "value", s.own(b.spelled)).OK().Text("customer"), "customers/")
		s.Equal([]string{}, s.orders(id), x.file+": the orders of "+b.spelled+" are gone")
		s.requirePoints(x, b, id, "0")
		s.requireNoSale(x, id)
		s.Soon("no order is in the timeline", func() Answer {
			return s.Get(s.agent, "/v1/customers/"+id+"/timelineEntries", "filter", `event_type = "kept.order.v1.OrdersImported"`)
		}, func(a Answer) bool { return a.Status == http.StatusOK && len(a.List("timelineEntries")) == 0 })
	}
}
