package template

import "strings"

// fallback is the language that every template has.
const fallback = "en"

// choose picks the best of the languages for a customer's: the same, the same less its last parts (uk-UA, then uk), or
// English.
func choose(wanted string, languages []string) string {
	for tag := wanted; tag != ""; tag = tag[:max(0, strings.LastIndexByte(tag, '-'))] {
		for _, language := range languages {
			if strings.EqualFold(language, tag) {
				return language
			}
		}
	}
	return fallback
}
