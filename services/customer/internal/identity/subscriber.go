package identity

import "strings"

// subscriber is the spelling by which numbers are compared: one for all numbers by which one subscriber is called, where a country
// has several (ITU-T E.164 National Numbering Plans). The number itself is shown as it was given.
//
//   - Argentina: a mobile is called with a 9 after the country code from abroad, and without it where it is taken for a line.
//   - Brazil: mobiles, which begin with 6 to 9, got a ninth digit, a 9, between 2012 and 2016.
func subscriber(e164 string) string {
	if rest, ok := strings.CutPrefix(e164, "+549"); ok && len(rest) == 10 {
		return "+54" + rest
	}
	if rest, ok := strings.CutPrefix(e164, "+55"); ok && len(rest) == 10 && rest[2] >= '6' {
		return "+55" + rest[:2] + "9" + rest[2:]
	}
	return e164
}

const mexico = 52

// withoutMexicanPrefix is a Mexican number as it is called since 2019, in ten digits: without the 1 of mobiles after the country
// code, and the 01, 044 and 045 before numbers within the country.
func withoutMexicanPrefix(national string) string {
	for _, prefix := range []string{"044", "045", "01", "1"} {
		if rest, ok := strings.CutPrefix(national, prefix); ok && len(rest) == 10 {
			return rest
		}
	}
	return national
}
