package identity

import (
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// What people write into a field that must not be empty. It is nobody's, and would make one customer of all who wrote it.
var (
	standInMailboxes = []string{
		"noemail", "no-email", "no_email", "no.email", "nomail", "no-mail", "no_mail", "none", "unknown", "noreply", "no-reply",
		"na", "null", "undefined", "notprovided", "not-provided", "donotreply",
	}
	standInDomains   = []string{"none.com", "noemail.com", "nomail.com", "no.com", "none.none", "noemail.noemail"}
	standInAddresses = []string{"test@test.com", "test@test.test", "a@a.com", "a@a.a", "x@x.com", "asdf@asdf.com"}
)

// isStandInEmail tells an address, as it is compared, that stands for none.
func isStandInEmail(address string) bool {
	at := strings.LastIndexByte(address, '@')
	return slices.Contains(standInMailboxes, address[:at]) || slices.Contains(standInDomains, address[at+1:]) ||
		slices.Contains(standInAddresses, address)
}

// What people write in place of an address or a number, without what is neither letter nor digit.
var standInWords = []string{
	"none", "na", "no", "nil", "null", "nan", "unknown", "undefined", "empty", "missing", "notprovided", "notavailable", "notapplicable",
	"noemail", "nomail", "nophone", "nonumber", "x", "xx", "xxx", "keine", "kein", "keineangabe", "ka", "unbekannt", "aucun", "aucune",
	"inconnu", "ninguno", "ninguna", "brak", "нет", "неизвестно", "отсутствует", "немає", "нема", "невідомо", "відсутній",
}

// isStandInWord tells a text that says in a word, or a dash, that there is nothing.
func isStandInWord(text string) bool {
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
	return word == "" || slices.Contains(standInWords, word)
}

// StandsForNoEmail tells a text that is an address but nobody's, or a word such as "none" or "n/a".
func StandsForNoEmail(text string) bool {
	read, ok := readEmail(text)
	return ok && isStandInEmail(read.Value) || !ok && isStandInWord(text)
}

// leastAlike is how many digits that are all alike are no number.
const leastAlike = 7

// isStandInPhone tells a number, in E.164, whose digits behind the country code are all alike, or 1 to 0 in North America.
func isStandInPhone(e164 string) bool {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return false
	}
	national := phonenumbers.GetNationalSignificantNumber(n)
	return len(national) >= leastAlike && allAlike(national) || e164 == "+11234567890"
}

// counted are the digits one after the other, which keyboards have side by side.
var counted = []string{"1234567890", "0123456789", "123456789", "12345678", "1234567", "123456", "12345"}

// StandsForNoPhone tells a text that is a number but nobody's, one digit again and again, all digits one after the other, or a word
// such as "none" or "n/a".
func StandsForNoPhone(text, region string) bool {
	if number, ok := readPhone(text, region); ok {
		return isStandInPhone(number)
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	return isStandInWord(text) || digits != "" && (allAlike(digits) || slices.Contains(counted, digits))
}

func allAlike(digits string) bool { return strings.Count(digits, digits[:1]) == len(digits) }
