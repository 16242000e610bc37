package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Narrate tells what somebody sees: the customer, an agent, the manager; or what happens: in the shop, by the clock. What is
// told comes from answers, after the checks that prove it. Where nobody listens, as in tests, nothing happens.
func (r *Runner) Narrate(who, format string, args ...any) {
	if r.narrated() {
		r.env.Narrate(who, fmt.Sprintf(format, args...))
	}
}

// told tells whether anybody listens.
func (r *Runner) narrated() bool { return r.env.Narrate != nil }

// narrateMessage tells a message as the customer has it in the inbox and in the mail: its title, and the words with which it
// begins. Who does not read the customer's language is told the template's English title, too.
func (s *shop) narrateMessage(message map[string]any, paragraphs int) {
	if !s.narrated() {
		return
	}
	text := strings.Split(fmt.Sprint(message["body"]), "\n\n")
	said := strings.Join(text[:min(paragraphs, len(text))], " ")
	if len(text) > paragraphs {
		said += " […]"
	}
	s.Narrate("customer", "Olena has a mail, and the same in her inbox, in her language (%v): “%v”, in English %s. It says: “%s”",
		message["languageCode"], message["title"], s.englishTitle(message), strings.Join(strings.Fields(said), " "))
}

// englishTitle is the English title of the template that a message was made with. Its fields are not filled in.
func (s *shop) englishTitle(message map[string]any) string {
	template := s.Get(s.manager, "/v1/"+fmt.Sprint(message["template"]))
	texts := template.List("texts")
	english := slices.IndexFunc(texts, func(t map[string]any) bool { return t["languageCode"] == "en" })
	if english < 0 {
		return "no title"
	}
	return fmt.Sprintf("“%v”", texts[english]["title"])
}

// labels are what the buttons of a message say.
func labels(message map[string]any) string {
	options, _ := message["options"].([]any)
	var all []string
	for _, o := range options {
		option, _ := o.(map[string]any)
		all = append(all, fmt.Sprintf("[%v: %v]", option["choice"], option["label"]))
	}
	return strings.Join(all, " ")
}

// narrateShop tells what the shop has.
func (s *shop) narrateShop() {
	if !s.narrated() {
		return
	}
	var shelf []string
	for _, product := range []string{s.product, s.substitute} {
		found := s.Get(s.customer, "/v1/"+product)
		shelf = append(shelf, fmt.Sprintf("%s × %s at %s", s.availableOf(product), found.Text("displayName"), money(found.Body["unitPrice"])))
	}
	option := s.Get(s.customer, "/v1/"+s.option)
	s.Narrate("shop", "On the shelf: %s. Delivery: “%s”, for %s.", strings.Join(shelf, " and "), option.Text("displayName"), money(option.Body["speedFee"]))
}

// narrateClock tells how far the clock was moved.
func (r *Runner) narrateClock(d time.Duration, clock Answer) {
	if d == 0 {
		return
	}
	length, unit := int(d.Hours()), "hours"
	if length%24 == 0 && length > 24 {
		length, unit = length/24, "days"
	}
	r.Narrate("clock", "%d %s later: %s.", length, unit, moment(clock.Time("currentTime")))
}

// goods are what an order is of, such as "2 × coffee-pot". The tag that makes a play's ids its own is left out.
func (r *Runner) goods(order Answer) string {
	var all []string
	for _, line := range order.List("lines") {
		all = append(all, fmt.Sprintf("%v × %s", line["quantity"], r.thing(line["product"])))
	}
	return strings.Join(all, " and ")
}

// thing is a product by its id.
func (r *Runner) thing(product any) string {
	return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(product), "products/"), "-"+r.Tag)
}

// money writes an amount of an answer, such as "9.90 EUR".
func money(amount any) string {
	fields, _ := amount.(map[string]any)
	number := func(field string) int64 {
		n, _ := strconv.ParseInt(fmt.Sprint(fields[field]), 10, 64)
		return n
	}
	return fmt.Sprintf("%d.%02d %v", number("units"), number("nanos")/10_000_000, fields["currencyCode"])
}

// spoken writes a state as words.
func spoken(state any) string {
	return strings.ToLower(strings.ReplaceAll(fmt.Sprint(state), "_", " "))
}

// moment writes a moment of an answer.
func moment(t time.Time) string { return t.UTC().Format("2 January, 15:04") }

// momentOf is moment for a field of an object in an answer.
func momentOf(object map[string]any, field string) string {
	t, err := time.Parse(time.RFC3339Nano, fmt.Sprint(object[field]))
	if err != nil {
		return fmt.Sprint(object[field])
	}
	return moment(t)
}
