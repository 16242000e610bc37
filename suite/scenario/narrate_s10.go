package scenario

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// channels are those by which the customer buys, in the order in which it is told.
var channels = []string{"STORE", "PHONE", "WEB"}

// narrateBought tells who took which order.
func (s *shop) narrateBought(orders map[string]Answer) {
	for _, channel := range channels {
		order, with := orders[channel], "by herself"
		if agent := order.Text("creator", "principal"); strings.HasPrefix(agent, "agents/") {
			with = "with " + agent
		}
		s.Narrate("shop", "Olena buys %s by %s, %s: %s, and %s for speed.", s.goods(order), order.Text("channel"), with,
			money(order.Body["goodsAmount"]), money(order.Body["speedFee"]))
	}
}

// narrateSeen tells how an entry comes up while somebody looks at the timeline.
func (s *shop) narrateSeen(entry map[string]any) {
	s.Narrate("agent", "On Anna's screen comes up, as it happens: %s.", happened(entry))
}

// happened is what an entry says of an order.
func happened(entry map[string]any) string {
	facts, _ := entry["details"].(map[string]any)
	kind := fmt.Sprint(entry["eventType"])
	text := fmt.Sprintf("%s, %s by %v", clockTime(entry), kind[strings.LastIndex(kind, ".")+1:], entry["channel"])
	if agent := (Answer{Body: entry}).Text("actor", "principal"); strings.HasPrefix(agent, "agents/") {
		text += " with " + agent
	}
	return fmt.Sprintf("%s, %v", text, facts["total_amount"])
}

// narrateMine tells what the customer finds in the own timeline, by channel.
func (s *shop) narrateMine(entries map[string]map[string]any) {
	var all []string
	for _, channel := range channels {
		all = append(all, happened(entries[channel]))
	}
	s.Narrate("customer", "Olena finds in her own timeline: %s.", strings.Join(all, "; "))
}

// narrateTimeline tells what the one timeline says.
func (s *shop) narrateTimeline(entries []map[string]any) {
	s.Narrate("manager", "The manager finds one customer, and in one timeline %d orders, from %s to %s.", len(entries),
		clockTime(entries[0]), clockTime(entries[len(entries)-1]))
}

// narratePrice tells what each of them is told that the product costs.
func (s *shop) narratePrice(all ...Caller) {
	if !s.narrated() {
		return
	}
	var told []string
	for _, who := range all {
		name := map[string]string{s.customer.Name: "Olena", s.stranger.Name: "another customer", "": "somebody unknown"}[who.Name]
		told = append(told, fmt.Sprintf("%s to %s", money(s.Get(who, "/v1/"+s.product).Body["unitPrice"]), cmp.Or(name, who.Name)))
	}
	s.Narrate("shop", "What a %s costs: %s.", s.thing(s.product), strings.Join(told, ", "))
}

// narrateStep tells what the customer sees on the order's way.
func (s *shop) narrateStep(event map[string]any) {
	s.Narrate("customer", "Olena follows the order as it goes: %s, %s.", clockTime(event), spoken(event["state"]))
}

// clockTime is the time of day at which something happened, to the thousandth.
func clockTime(event map[string]any) string {
	t, err := time.Parse(time.RFC3339Nano, fmt.Sprint(event["eventTime"]))
	if err != nil {
		return fmt.Sprint(event["eventTime"])
	}
	return t.UTC().Format("15:04:05.000")
}
