package scenario

import (
	"fmt"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// shop is the people and things of a story.
type shop struct {
	*Runner
	admin, agent, manager, customer, stranger Caller
	product, substitute, option               string
	email                                     string // the customer's
}

func euros(units string, cents int) map[string]any {
	return map[string]any{"currencyCode": "EUR", "units": units, "nanos": cents * 10_000_000}
}

// open makes a product with ten on the shelf, another that could stand in for it, a fast way of delivery, and two customers.
func newShop(r *Runner) *shop {
	s := &shop{
		Runner: r, product: "products/coffee-pot-" + r.Tag, substitute: "products/tea-pot-" + r.Tag,
		option: "deliveryOptions/express-" + r.Tag, email: "olena-" + r.Tag + "@example.org",
		admin: r.As(accessv1.Role_ROLE_ADMIN, "admins/owner"), agent: r.As(accessv1.Role_ROLE_AGENT, "agents/anna"),
		manager: r.As(accessv1.Role_ROLE_MANAGER, "managers/maria"),
	}
	s.stock("coffee-pot", "Coffee pot", euros("24", 95), 10)
	s.stock("tea-pot", "Tea pot", euros("19", 95), 5)
	s.Post(s.admin, "/v1/deliveryOptions?deliveryOptionId=express-"+s.Tag, map[string]any{
		"displayName": "Within 24 hours", "promisedDuration": "86400s", "warningDuration": "21600s", "speedFee": euros("9", 90),
	}).OK()
	s.customer = s.newCustomer(map[string]any{"displayName": "Olena", "languageCode": "uk", "email": s.email})
	s.stranger = s.newCustomer(map[string]any{"displayName": "Ivan"})
	s.narrateShop()
	return s
}

// stock puts a new product on the shelf.
func (s *shop) stock(id, name string, price map[string]any, units int) {
	s.Post(s.admin, "/v1/products?productId="+id+"-"+s.Tag, map[string]any{"displayName": name, "unitPrice": price}).OK()
	stock := s.Post(s.agent, "/v1/products/"+id+"-"+s.Tag+"/stock:adjust",
		map[string]any{"quantityDelta": units, "reason": "delivery 4711"}).OK()
	s.Equal(fmt.Sprint(units), stock.Text("availableQuantity"), "available after the delivery")
}

func (s *shop) newCustomer(customer map[string]any) Caller {
	created := s.Post(s.agent, "/v1/customers", customer).OK()
	return s.As(accessv1.Role_ROLE_CUSTOMER, created.Text("name"))
}

func address(line string) map[string]any {
	return map[string]any{"regionCode": "UA", "postalCode": "01001", "locality": "Kyiv", "addressLines": []string{line}}
}

// order places an order with three addresses that have nothing to do with each other.
func (s *shop) order(quantity string) Answer { return s.orderBy(s.customer, "WEB", quantity) }

// orderBy has somebody place an order for the customer, by some way.
func (s *shop) orderBy(who Caller, channel, quantity string) Answer {
	return s.Post(who, "/v1/orders", map[string]any{
		"customer": s.customer.Name, "lines": []any{map[string]any{"product": s.product, "quantity": quantity}},
		"deliveryOption":  s.option,
		"deliveryAddress": address("Office 1"), "billingAddress": address("Bank 2"), "homeAddress": address("Home 3"),
		"channel": channel,
	}).OK()
}

func (s *shop) availableOf(product string) string {
	return s.Get(s.customer, "/v1/"+product+"/stock").Text("availableQuantity")
}

func (s *shop) available() string { return s.availableOf(s.product) }

// message waits for the one message that tells the customer a fact about something, and for its mail.
func (s *shop) message(fact, about string) map[string]any {
	filter := `about = "` + about + `" AND event_type = "` + fact + `"`
	found := s.Soon("the customer is told of "+fact,
		func() Answer { return s.Get(s.customer, "/v1/messages", "filter", filter) },
		func(a Answer) bool { return len(a.List("messages")) > 0 && settled(a.List("messages")[0]) })
	messages := found.List("messages")
	s.Equal(1, len(messages), "messages that tell "+fact+" about "+about)
	s.Equal("uk", messages[0]["languageCode"], "the language of the message")
	s.mailed(messages[0])
	return messages[0]
}

// messages counts the messages that tell the customer a fact about something.
func (s *shop) messages(fact, about string) int {
	filter := `about = "` + about + `" AND event_type = "` + fact + `"`
	return len(s.Get(s.customer, "/v1/messages", "filter", filter).OK().List("messages"))
}

// settled tells whether each delivery of a message has come to its end.
func settled(message map[string]any) bool {
	for _, state := range deliveries(message) {
		if state == "PENDING" || state == "SENDING" {
			return false
		}
	}
	return true
}

// deliveries are the states of a message's deliveries by channel.
func deliveries(message map[string]any) map[string]string {
	states := map[string]string{}
	list, _ := message["deliveries"].([]any)
	for _, d := range list {
		delivery, _ := d.(map[string]any)
		states[fmt.Sprint(delivery["channel"])] = fmt.Sprint(delivery["state"])
	}
	return states
}

// mailed checks that a message is in the customer's inbox and has come by mail, once.
func (s *shop) mailed(message map[string]any) {
	states := deliveries(message)
	s.Equal("SENT", states["INBOX"], "the message in the inbox")
	came := 0
	for _, mail := range s.env.Mails(s.email) {
		if mail.Subject == message["title"] && contains(mail.Text, fmt.Sprint(message["body"])) {
			came++
		}
	}
	if s.env.Kills && states["EMAIL"] == "UNKNOWN" {
		s.Check(came <= 1, "a mail of which it is not known whether it went out came %d times", came)
		return
	}
	s.Equal("SENT 1", fmt.Sprint(states["EMAIL"], " ", came), "the mail, and how often it came")
}
