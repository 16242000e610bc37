package template

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
	"google.golang.org/genproto/googleapis/type/money"

	kitmoney "kept.dev/kit/money"
)

// locale is how dates, amounts and codes are said in one language.
type locale struct {
	tag     string
	printer *message.Printer
	// texts are those of the language, or the English ones.
	texts *localeTexts
	// known tells whether the texts are the language's own.
	known bool
}

// localeTexts are the words of one language for dates and codes.
type localeTexts struct {
	// months are as they stand in a date.
	months [12]string
	// year ends a date's year.
	year string
	// codes are what the values of an enum, or of a field that holds a code, are called, by its full name and value.
	codes map[string]map[string]string
}

func localeOf(code string) locale {
	tag := language.Make(code)
	base, _ := tag.Base()
	l := locale{tag: code, printer: message.NewPrinter(tag)}
	switch base.String() {
	case "en":
		l.texts, l.known = &english, true
	case "ru":
		l.texts, l.known = &russian, true
	case "uk":
		l.texts, l.known = &ukrainian, true
	default:
		l.texts = &english
	}
	return l
}

// date says a moment in UTC, to the minute.
func (l locale) date(t time.Time) string {
	if !l.known {
		return t.Format("2006-01-02 15:04 UTC")
	}
	return fmt.Sprintf("%d %s %d%s, %s", t.Day(), l.texts.months[t.Month()-1], t.Year(), l.texts.year, t.Format("15:04 UTC"))
}

// number says a whole number; 0 has no words.
func (l locale) number(n int64) string {
	if n == 0 {
		return ""
	}
	return l.printer.Sprint(number.Decimal(n))
}

// money says an amount; nothing has no words.
func (l locale) money(m *money.Money) string {
	if m.GetUnits() == 0 && m.GetNanos() == 0 {
		return ""
	}
	return kitmoney.Text(m, l.tag)
}

// knows tells whether the field holds codes that have words.
func (l locale) knows(field string) bool { return english.codes[field] != nil }

// code is what a value is called. One that nobody has found words for yet is said as it is, but for the name of a resource.
func (l locale) code(of, value string) string {
	if words, ok := l.texts.codes[of][value]; ok {
		return words
	}
	if strings.HasSuffix(value, "_UNSPECIFIED") || strings.Contains(value, "/") {
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(value, "_", " "))
}
