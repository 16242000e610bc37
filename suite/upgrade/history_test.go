package upgrade_test

import (
	"testing"

	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/embedded"
	"kept.dev/suite/scenario"
)

func runStory(t *testing.T, env scenario.Environment, story func(*scenario.Runner)) error {
	t.Helper()
	env.Soon = patience
	_, err := scenario.Run(t.Context(), env, scenario.Story{Run: story})
	return err
}

// quiet tells whether all has been published and no mail is on its way.
func quiet(t *testing.T, suite *embedded.Suite) bool {
	for _, db := range suite.Databases() {
		rows, err := db.Query(t.Context(), `select 1 from outbox where pending union all select 1 from timer where attempts > 0 or kind like 'message%'`)
		if err != nil || rows.Len() > 0 {
			return false
		}
	}
	return true
}

const (
	theCustomer = "Olena"
	potPrice    = "20"
	pointsOfPot = 20
)

// shelves opens a shop.
func shelves(p *scenario.Runner, admin scenario.Caller) {
	euros := func(units string) map[string]any { return map[string]any{"currencyCode": "EUR", "units": units} }
	for _, id := range []string{"coffee-pot", "tea-pot"} {
		p.Post(admin, "/v1/products?productId="+id, map[string]any{"displayName": id, "unitPrice": euros(potPrice)}).OK()
		p.Post(admin, "/v1/products/"+id+"/stock:adjust", map[string]any{"quantityDelta": 10000, "reason": "delivery 4711"}).OK()
	}
	p.Post(admin, "/v1/deliveryOptions?deliveryOptionId=express", map[string]any{
		"displayName": "Express", "promisedDuration": "86400s", "warningDuration": "21600s", "speedFee": euros("5"),
	}).OK()
}

func place(p *scenario.Runner, who scenario.Caller, customer string) string {
	return p.Post(who, "/v1/orders", map[string]any{
		"customer": customer, "channel": "WEB", "deliveryOption": "deliveryOptions/express",
		"lines": []any{map[string]any{"product": "products/coffee-pot", "quantity": "1"}},
	}).OK().Text("name")
}

func deliver(p *scenario.Runner, who scenario.Caller, order string) {
	for _, step := range []string{"pick", "ship", "deliver"} {
		p.Post(who, "/v1/"+order+":"+step, map[string]any{}).OK()
	}
}

// writeHistory leaves rows in most tables: orders in different states, a shortage that is being asked about, a case.
func writeHistory(p *scenario.Runner) {
	admin, agent := p.As(accessv1.Role_ROLE_ADMIN, "admins/owner"), p.As(accessv1.Role_ROLE_AGENT, "agents/anna")
	shelves(p, admin)
	customer := p.Post(admin, "/v1/customers", map[string]any{
		"displayName": theCustomer, "languageCode": "uk", "email": "olena@example.org", "phone": "+380441234567"}).OK().Text("name")
	place(p, admin, customer)
	p.Post(admin, "/v1/"+place(p, admin, customer)+":cancel", map[string]any{"reason": "changed her mind"}).OK()
	deliver(p, admin, place(p, admin, customer))
	back := place(p, admin, customer)
	deliver(p, admin, back)
	p.Post(admin, "/v1/"+back+":return", map[string]any{"reason": "too small"}).OK()
	p.Post(admin, "/v1/"+place(p, admin, customer)+"/shortages", map[string]any{
		"product": "products/coffee-pot", "quantity": 1, "reason": "broken in the warehouse", "substitute": "products/tea-pot"}).OK()
	letter := p.Post(agent, "/v1/cases", map[string]any{
		"customer": customer, "title": "Where is it?", "description": "I wait.", "kind": "QUESTION", "channel": "EMAIL"}).OK().Text("name")
	p.Post(agent, "/v1/"+letter+":reply", map[string]any{"body": "On its way."}).OK()
	account := "/v1/programs/main/accounts/" + customer[len("customers/"):]
	p.Soon("points are earned and taken back",
		func() scenario.Answer { return p.Get(admin, account+"/postings") },
		func(a scenario.Answer) bool { return len(a.List("postings")) == 3 })
}

// names are those of a collection.
func names(p *scenario.Runner, who scenario.Caller, collection, filter string) (out []string) {
	for _, m := range p.Get(who, "/v1/"+collection, "filter", filter, "pageSize", "1000").OK().List(collection) {
		name, _ := m["name"].(string)
		out = append(out, name)
	}
	return out
}

// goOn plays on what an older version has left: all of it is there, and what was begun is brought to its end.
func goOn(p *scenario.Runner) {
	admin, agent := p.As(accessv1.Role_ROLE_ADMIN, "admins/owner"), p.As(accessv1.Role_ROLE_AGENT, "agents/anna")
	customers := p.Get(admin, "/v1/customers").OK().List("customers")
	p.Equal(1, len(customers), "customers")
	p.Equal(theCustomer, customers[0]["displayName"], "the customer")
	customer, _ := customers[0]["name"].(string)
	for state, count := range map[string]int{"PLACED": 2, "CANCELLED": 1, "DELIVERED": 1, "RETURNED": 1} {
		p.Equal(count, len(names(p, admin, "orders", "state="+state)), "orders that are "+state)
	}
	p.Equal(1, len(names(p, agent, "cases", `state=REPLIED`)), "cases that were replied to")
	points := func() string {
		return p.Get(admin, "/v1/programs/main/accounts/"+customer[len("customers/"):]).OK().Text("balance")
	}
	before := points()
	for _, order := range names(p, admin, "orders", "state=PLACED") {
		p.Equal("CANCELLED", p.Post(admin, "/v1/"+order+":cancel", map[string]any{"reason": "too late"}).OK().Text("state"), order)
	}
	deliver(p, admin, place(p, admin, customer))
	p.Soon("points of a new order", func() scenario.Answer {
		return p.Get(admin, "/v1/programs/main/accounts/"+customer[len("customers/"):])
	}, func(a scenario.Answer) bool { return a.Text("balance") != before })
	p.Soon("an order that was called off is told",
		func() scenario.Answer {
			return p.Get(admin, "/v1/messages", "filter", `event_type = "kept.order.v1.OrderCancelled"`, "pageSize", "100")
		},
		func(a scenario.Answer) bool { return len(a.List("messages")) == 3 })
}

// broken is what has failed in a database.
func broken(t *testing.T, db *sqldb.DB) []string {
	t.Helper()
	rows, err := db.Query(t.Context(), `select kind || ' ' || key || ': ' || error from timer where attempts > 0`)
	if err != nil {
		return []string{err.Error()}
	}
	out, err := sqldb.All(rows, func(r *sqldb.Rows) (s string, err error) { return s, r.Scan(&s) })
	if err != nil {
		return []string{err.Error()}
	}
	return out
}
