package text

import "golang.org/x/text/language"

// LanguageAdvice is what is said of a tag that Language does not take.
const LanguageAdvice = "must be a BCP-47 tag of languages, scripts and regions that there are, such as uk or pt-BR"

// maxLanguage is the length of the longest tag that contracts take, in bytes.
const maxLanguage = 35

// Language is a tag in the form in which it is compared, such as en-US for EN-us and he for iw (RFC 5646, 4.5). There is none for a tag
// with subtags that are not registered. No language stays none.
func Language(code string) (canonical string, ok bool) {
	if code == "" {
		return "", true
	}
	tag, err := language.BCP47.Parse(code)
	return tag.String(), err == nil && tag != language.Und && len(tag.String()) <= maxLanguage
}
