package template

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
	"google.golang.org/genproto/googleapis/type/money"
)

// speech is how dates, amounts and codes are said in one language.
type speech struct {
	printer *message.Printer
	// words are those of the language, or the English ones.
	words *vocabulary
	// known tells whether the vocabulary is the language's own.
	known bool
	// before tells whether a currency stands before its amount.
	before bool
}

// vocabulary are the words of one language.
type vocabulary struct {
	// months are as they stand in a date.
	months [12]string
	// year ends a date's year.
	year string
	// codes are what the values of an enum, or of a field that holds a code, are called, by its full name and value.
	codes map[string]map[string]string
}

func speechOf(code string) speech {
	tag := language.Make(code)
	base, _ := tag.Base()
	s := speech{printer: message.NewPrinter(tag), before: base.String() == "en"}
	switch base.String() {
	case "en":
		s.words, s.known = &english, true
	case "ru":
		s.words, s.known = &russian, true
	case "uk":
		s.words, s.known = &ukrainian, true
	default:
		s.words = &english
	}
	return s
}

// date says a moment in UTC, to the minute.
func (s speech) date(t time.Time) string {
	if !s.known {
		return t.Format("2006-01-02 15:04 UTC")
	}
	return fmt.Sprintf("%d %s %d%s, %s", t.Day(), s.words.months[t.Month()-1], t.Year(), s.words.year, t.Format("15:04 UTC"))
}

// number says a whole number; 0 has no words.
func (s speech) number(n int64) string {
	if n == 0 {
		return ""
	}
	return s.printer.Sprint(number.Decimal(n))
}

const nanosPerUnit = 1_000_000_000

// money says an amount exactly; nothing has no words.
func (s speech) money(m *money.Money) string {
	unit, err := currency.ParseISO(m.GetCurrencyCode())
	if err != nil || m.GetUnits() == 0 && m.GetNanos() == 0 {
		return ""
	}
	scale, _ := currency.Standard.Rounding(unit)
	amount := s.printer.Sprint(number.Decimal(m.GetUnits()))
	if scale > 0 { // units and fraction apart, since a float would not hold a large amount to the cent
		fraction := s.printer.Sprint(number.Decimal(float64(m.GetNanos())/nanosPerUnit, number.Scale(scale)))
		amount += strings.TrimLeftFunc(fraction, isZero)
	}
	symbol := s.printer.Sprint(currency.Symbol(unit))
	switch {
	case !s.before:
		return amount + space + symbol
	case symbol == m.GetCurrencyCode():
		return symbol + space + amount
	}
	return symbol + amount
}

// space does not let a line break between an amount and its currency.
const space = "\u00a0"

// isZero tells the zero before the separator, in the digits of any language.
func isZero(r rune) bool { return r == '0' || r == '٠' || r == '۰' || r == '०' || r == '০' }

// knows tells whether the field holds codes that have words.
func (s speech) knows(field string) bool { return english.codes[field] != nil }

// code is what a value is called. One that nobody has found words for yet is said as it is.
func (s speech) code(of, value string) string {
	if words, ok := s.words.codes[of][value]; ok {
		return words
	}
	if strings.HasSuffix(value, "_UNSPECIFIED") {
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(value, "_", " "))
}
