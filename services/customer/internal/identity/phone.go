package identity

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// ReadPhone reads a telephone number in any spelling, and gives it in E.164: with spaces, dots, brackets, slashes and dashes of
// all sorts, digits of any script, letters (1-800-FLOWERS), an international prefix (00, or the region's own), tel:,
// whatsapp: or other words before it, an extension after it. A number without a country code is one of the region.
//
// An extension does not count: who calls from behind it shows the number without it. A number counts when its length is
// right, whether it has been given to anybody or not, because tables of numbers in use grow old.
func ReadPhone(text, region string) (string, bool) {
	number, ok := readPhone(text, region)
	if !ok || isStandInPhone(number) {
		return "", false
	}
	if steady, ok := readPhone(number, ""); !ok || steady != number {
		return "", false
	}
	return number, true
}

// maxE164 is the length of a plus and fifteen digits.
const maxE164 = 16

func readPhone(text, region string) (string, bool) {
	text = called(unbracketed(strings.TrimSpace(strings.Map(digit, plain(text)))))
	start := strings.IndexAny(text, "+0123456789")
	if start < 0 {
		return "", false
	}
	text = text[start:]
	digits, dialled := strings.CutPrefix(strings.TrimLeft(text, "+"), "00")
	here, abroad := reading(text, region), reading("+"+digits, "")
	best := here
	switch {
	case here.used:
	case abroad.used, dialled && abroad.e164 != "":
		best = abroad
	}
	return best.e164, best.e164 != "" && len(best.e164) <= maxE164
}

// sip matches a SIP address (RFC 3261) up to who is called, which is a number where a telephone system wrote it.
var sip = regexp.MustCompile(`(?i)\bsips?:([^@]*)`)

func called(text string) string {
	if m := sip.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return text
}

// phone is one way to read a number; empty where it can't be read so.
type phone struct {
	e164 string
	used bool // numbers like this one are in use
}

func reading(text, region string) phone {
	n, err := phonenumbers.Parse(text, region)
	if err == nil && n.GetCountryCode() == mexico {
		n, err = phonenumbers.Parse("+52"+withoutMexicanPrefix(phonenumbers.GetNationalSignificantNumber(n)), "")
	}
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return phone{}
	}
	return phone{e164: phonenumbers.Format(n, phonenumbers.E164), used: phonenumbers.IsValidNumber(n)}
}

// digit is the counterpart among 0 to 9 of a digit of any script. Unicode has decimal digits in runs from zero to nine, so
// the distance to the start of their range tells which one it is. The joiners, which a number has no use for, go.
func digit(r rune) rune {
	if r <= unicode.MaxASCII {
		return r
	}
	for _, in := range unicode.Nd.R16 {
		if lo := rune(in.Lo); lo <= r && r <= rune(in.Hi) {
			return '0' + (r-lo)%10
		}
	}
	for _, in := range unicode.Nd.R32 {
		if lo := rune(in.Lo); lo <= r && r <= rune(in.Hi) {
			return '0' + (r-lo)%10
		}
	}
	if unicode.Is(unicode.Join_Control, r) {
		return -1
	}
	return r
}
