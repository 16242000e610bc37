package template

import (
	"fmt"
	"strings"
	"unicode"

	"kept.dev/kit/errs"
	kittext "kept.dev/kit/text"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// usesOfField bounds how often a text uses one field, so that a message can't become many times longer than its parts.
const usesOfField = 3

// faults are what is wrong with texts for a template, beyond what the contract's own rules say.
func (d *definition) faults(texts []*notificationv1.Template_Text) (faults []errs.Field) {
	seen := map[string]bool{}
	for i, text := range texts {
		at := fmt.Sprintf("template.texts[%d]", i)
		language := strings.ToLower(text.GetLanguageCode())
		if seen[language] {
			faults = append(faults, errs.Field{Path: at + ".language_code", Description: "comes twice; a language has one text"})
		}
		seen[language] = true
		if fault := d.titleFault(text.GetTitle()); fault != "" {
			faults = append(faults, errs.Field{Path: at + ".title", Description: fault})
		}
		if fault := d.bodyFault(text.GetBody()); fault != "" {
			faults = append(faults, errs.Field{Path: at + ".body", Description: fault})
		}
	}
	if !seen[fallback] {
		faults = append(faults, errs.Field{
			Path: "template.texts", Description: `must have one with the language_code "en", for customers whose language has none`,
		})
	}
	return faults
}

func (d *definition) titleFault(title string) string {
	if strings.ContainsFunc(title, unicode.IsControl) {
		return "must be one line, without control characters"
	}
	return d.textFault(title)
}

func (d *definition) bodyFault(body string) string {
	if strings.ContainsFunc(body, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return "must not have control characters"
	}
	return d.textFault(body)
}

// textFault says what is wrong with a text. One that were fields only could turn out empty.
func (d *definition) textFault(text string) string {
	parts, err := parse(text)
	if err != nil {
		return err.Error()
	}
	uses, words := map[string]int{}, false
	for _, p := range parts {
		words = words || kittext.Visible(p.words)
		if p.field == "" {
			continue
		}
		f, known := d.field(p.field)
		if !known {
			return fmt.Sprintf("%q is not a field of %s; there are: %s", p.field, d.fact, strings.Join(d.names(), ", "))
		}
		if uses[f.name]++; uses[f.name] > usesOfField {
			return fmt.Sprintf("uses %q more than %d times", p.field, usesOfField)
		}
	}
	if !words {
		return "must have words of its own, not only fields"
	}
	return ""
}

func (d *definition) field(name string) (field, bool) {
	for _, f := range d.fields {
		if f.name == name || f.camel == name {
			return f, true
		}
	}
	return field{}, false
}

func (d *definition) names() []string {
	all := make([]string, len(d.fields))
	for i, f := range d.fields {
		all[i] = f.name
	}
	return all
}
