package scenario

import (
	"time"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// S10 three channels, one customer: what is bought in the shop, by phone and on the site is in one timeline within two
// seconds, and the price is the same everywhere.
func S10(r *Runner) {
	s := newShop(r)
	timeline := "/v1/" + s.customer.Name + "/timelineEntries"
	live := s.Follow(s.agent, timeline+":stream")
	defer live.Close()
	seller := s.As(accessv1.Role_ROLE_AGENT, "agents/boris")
	orders := map[string]Answer{ // by channel
		"STORE": s.orderBy(seller, "STORE", "1"), "PHONE": s.orderBy(s.agent, "PHONE", "1"), "WEB": s.order("1"),
	}
	agents := map[string]string{"STORE": "agents/boris", "PHONE": "agents/anna", "WEB": s.customer.Name}
	seen := map[string]string{} // the channel by the order
	s.narrateBought(orders)
	placed := time.Now()
	for range orders {
		entry := live.Await("an order on the timeline's stream", func(e map[string]any) bool { return e["eventType"] == "kept.order.v1.OrderPlaced" })
		seen[entry["resource"].(string)], _ = entry["channel"].(string)
		s.narrateSeen(entry)
	}
	s.Narrate("agent", "All were there within %.3f s of the last order.", time.Since(placed).Seconds())
	mine := map[string]map[string]any{} // the timeline's entries by channel
	for channel, order := range orders {
		s.Equal(channel, seen[order.Text("name")], "the channel of the order on the stream")
		s.Equal(channel+" "+agents[channel], order.Text("channel")+" "+order.Text("creator", "principal"), "channel of the order, and who placed it")
		s.Equal(orders["WEB"].Body["goodsAmount"], order.Body["goodsAmount"], "the price through "+channel)
		entry := s.Soon("the order is in the timeline",
			func() Answer { return s.Get(s.customer, timeline, "filter", `resource = "`+order.Text("name")+`"`) },
			func(a Answer) bool { return len(a.List("timelineEntries")) > 0 }).List("timelineEntries")[0]
		s.Equal(channel, entry["channel"], "the channel in the timeline")
		mine[channel] = entry
		s.Equal(agents[channel], Answer{Body: entry}.Text("actor", "principal"), "who did it in the timeline")
	}
	s.narrateMine(mine)
	s.samePrice()
	s.Get(s.stranger, timeline).Refused(404, "NOT_FOUND")
	all := s.Get(s.manager, timeline, "filter", `event_type = "kept.order.v1.OrderPlaced"`, "orderBy", "event_time").OK().List("timelineEntries")
	s.Equal(3, len(all), "orders in the one timeline, for the manager to see")
	s.narrateTimeline(all)
	s.tracked(orders["WEB"].Text("name"))
}

// samePrice checks what everybody is told the product costs.
func (s *shop) samePrice() {
	partner := s.As(accessv1.Role_ROLE_PARTNER, "partners/p1")
	for _, who := range []Caller{s.customer, s.stranger, s.agent, s.manager, partner, {}} {
		s.Equal("24 950000000", s.Get(who, "/v1/"+s.product).Text("unitPrice", "units")+" "+
			s.Get(who, "/v1/"+s.product).Text("unitPrice", "nanos"), "the price that "+who.Name+" is told")
	}
	s.narratePrice(s.customer, s.stranger, s.agent, s.manager, partner, Caller{})
}

// tracked follows an order to its end, by stream and by list.
func (s *shop) tracked(order string) {
	way := s.Follow(s.customer, "/v1/"+order+":track")
	defer way.Close()
	is := func(state string) func(map[string]any) bool {
		return func(e map[string]any) bool { return e["state"] == state }
	}
	s.narrateStep(way.Await("the order is placed", is("PLACED")))
	for _, step := range [][2]string{{"pick", "PICKED"}, {"ship", "SHIPPED"}, {"deliver", "DELIVERED"}} {
		s.Post(s.agent, "/v1/"+order+":"+step[0], map[string]any{}).OK()
		s.narrateStep(way.Await("the order is "+step[1], is(step[1])))
	}
	steps := s.Get(s.customer, "/v1/"+order+"/trackingEvents").OK().List("trackingEvents")
	var states []any
	for _, step := range steps {
		states = append(states, step["state"])
	}
	s.Equal([]any{"PLACED", "PICKED", "SHIPPED", "DELIVERED"}, states, "the order's way")
	s.Get(s.stranger, "/v1/"+order+"/trackingEvents").Refused(404, "NOT_FOUND")
}
