package template

import (
	"strings"

	"google.golang.org/protobuf/proto"

	kittext "kept.dev/kit/text"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// Rendered are the words of one message.
type Rendered struct {
	// Template is the template's name, `templates/{template}`, and Version the version that was used.
	Template     string
	Version      int64
	LanguageCode string
	// Title is one line. Body may have many.
	Title, Body string
	Options     []Option
}

// Option is something that can be chosen.
type Option struct {
	// Choice is what can be chosen, such as WAIT.
	Choice string
	// Label is what its button says, and Confirmation what is said when it was taken.
	Label, Confirmation string
}

// Told is what a message has to tell.
type Told struct {
	Fact proto.Message
	// Extra has what the fact itself does not, by the names that the template calls extra.
	Extra map[string]string
	// Choices are what can be chosen, such as WAIT.
	Choices []string
	// LanguageCode is the customer's; empty for unknown.
	LanguageCode string
}

// render puts what is told into words.
func (d *definition) render(v version, told Told) Rendered {
	text := pick(v.texts, told.LanguageCode)
	values := values{definition: d, told: told, locale: localeOf(text.GetLanguageCode())}
	r := Rendered{
		Template: collection + d.id, Version: v.number, LanguageCode: text.GetLanguageCode(),
		Title: kittext.OneLine(values.line(text.GetTitle())), Body: values.body(text.GetBody()),
	}
	if r.Body == "" {
		r.Body = r.Title
	}
	words := d.options[choose(told.LanguageCode, d.languages())]
	for _, choice := range told.Choices {
		option := words[choice]
		r.Options = append(r.Options, Option{
			Choice: choice, Label: kittext.OneLine(values.line(option.Label)), Confirmation: values.line(option.Confirmation),
		})
	}
	return r
}

// languages are those of the first version, the only ones that the options' words are there in.
func (d *definition) languages() []string {
	all := make([]string, len(d.texts))
	for i, t := range d.texts {
		all[i] = t.GetLanguageCode()
	}
	return all
}

func pick(texts []*notificationv1.Template_Text, wanted string) *notificationv1.Template_Text {
	languages := make([]string, len(texts))
	for i, t := range texts {
		languages[i] = t.GetLanguageCode()
	}
	language := choose(wanted, languages)
	for _, t := range texts {
		if strings.EqualFold(t.GetLanguageCode(), language) {
			return t
		}
	}
	return texts[0]
}

// line fills in one line. What has no value is empty.
func (v values) line(text string) string {
	filled, _ := v.fill(text)
	return filled
}

// body fills in a text. A line in which a field has no value is left out, so that nothing is said of what is not so. Of blank lines that
// follow each other, in the text or in a value, one stays.
func (v values) body(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		filled, whole := v.fill(line)
		if !whole {
			continue
		}
		for part := range strings.SplitSeq(filled, "\n") {
			part = strings.TrimRight(part, " \t\r")
			if part == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
				continue
			}
			lines = append(lines, part)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// fill puts the values into a text once: what they contain is words, and no field again.
func (v values) fill(text string) (filled string, whole bool) {
	parts, err := parse(text)
	if err != nil { // refused when the template was made
		return text, true
	}
	var b strings.Builder
	whole = true
	for _, p := range parts {
		b.WriteString(p.words)
		if p.field == "" {
			continue
		}
		value, there := v.of(p.field)
		whole = whole && there
		b.WriteString(value)
	}
	return b.String(), whole
}
