package scenario

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// channels are those by which the customer buys, in the order in which it is told.
var channels = []string{"STORE", "PHONE", "WEB"}

// tellBought tells who took which order.
func (s *shop) tellBought(orders map[string]Answer) {
	for _, channel := range channels {
		order, with := orders[channel], "by herself"
		if agent := order.Text("agent"); agent != "" {
			with = "with " + agent
		}
		s.Tell("shop", "Olena buys %s by %s, %s: %s, and %s for speed.", s.goods(order), order.Text("channel"), with,
			money(order.Body["goodsAmount"]), money(order.Body["speedFee"]))
	}
}

// tellSeen tells how an entry comes up while somebody looks at the timeline.
func (s *shop) tellSeen(entry map[string]any) {
	s.Tell("agent", "On Anna's screen comes up, as it happens: %s.", happened(entry))
}

// happened is what an entry says of an order.
func happened(entry map[string]any) string {
	facts, _ := entry["facts"].(map[string]any)
	kind := fmt.Sprint(entry["type"])
	text := fmt.Sprintf("%s, %s by %v", clockTime(entry), kind[strings.LastIndex(kind, ".")+1:], entry["channel"])
	if agent := fmt.Sprint(entry["agent"]); agent != "" {
		text += " with " + agent
	}
	return fmt.Sprintf("%s, %v", text, facts["total_amount"])
}

// tellMine tells what the customer finds in the own timeline, by channel.
func (s *shop) tellMine(entries map[string]map[string]any) {
	var all []string
	for _, channel := range channels {
		all = append(all, happened(entries[channel]))
	}
	s.Tell("customer", "Olena finds in her own timeline: %s.", strings.Join(all, "; "))
}

// tellTimeline tells what the one timeline says.
func (s *shop) tellTimeline(entries []map[string]any) {
	s.Tell("manager", "The manager finds one customer, and in one timeline %d orders, from %s to %s.", len(entries),
		clockTime(entries[0]), clockTime(entries[len(entries)-1]))
}

// tellPrice tells what each of them is told that the product costs.
func (s *shop) tellPrice(all ...Who) {
	if !s.told() {
		return
	}
	var told []string
	for _, who := range all {
		name := map[string]string{s.customer.Name: "Olena", s.stranger.Name: "another customer", "": "somebody unknown"}[who.Name]
		told = append(told, fmt.Sprintf("%s to %s", money(s.Get(who, "/v1/"+s.product).Body["unitPrice"]), cmp.Or(name, who.Name)))
	}
	s.Tell("shop", "What a %s costs: %s.", s.thing(s.product), strings.Join(told, ", "))
}

// tellStep tells what the customer sees on the order's way.
func (s *shop) tellStep(event map[string]any) {
	s.Tell("customer", "Olena follows the order as it goes: %s, %s.", clockTime(event), spoken(event["state"]))
}

// clockTime is the time of day at which something happened, to the thousandth.
func clockTime(event map[string]any) string {
	t, err := time.Parse(time.RFC3339Nano, fmt.Sprint(event["time"]))
	if err != nil {
		return fmt.Sprint(event["time"])
	}
	return t.UTC().Format("15:04:05.000")
}
