package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/russian"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	// mostTerm bounds a term, in runes; what is longer is found by its beginning.
	mostTerm = 64
	// mostTerms bounds what a document is found by.
	mostTerms = 200
	// leastStem is how much of a word at least has to be alike, in runes.
	leastStem = 3
	// leastDigits is how many digits at least are taken for a number of which the end is known.
	leastDigits = 4
)

// A term is a word, or begins with a mark that no word has.
const (
	mailMark     = "@" // an e-mail address, whole
	backwardMark = "<" // a number's digits, from the last to the first
)

func isWord(term string) bool {
	first, _ := utf8.DecodeRuneInString(term)
	return unicode.IsLetter(first)
}

// undecomposed are letters that Unicode does not take apart into a letter and its mark, as people write them who don't have them.
var undecomposed = strings.NewReplacer("ł", "l", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "æ", "ae", "œ", "oe", "ı", "i", "ß", "ss")

// fold is a text without what differs by habit: case, accents, width, apostrophes. Only й is a letter of its own, on which endings
// depend.
func fold(text string) string {
	const kept = '\uE000' // for private use
	text = strings.ReplaceAll(norm.NFC.String(cases.Fold().String(text)), "й", string(kept))
	return strings.Map(func(r rune) rune {
		switch {
		case r == kept:
			return 'й'
		case unicode.Is(unicode.Mn, r) || strings.ContainsRune("'’ʼ`", r):
			return -1
		}
		return r
	}, norm.NFKD.String(undecomposed.Replace(text)))
}

// split takes a text apart: into e-mail addresses, and whatever consists of letters and digits.
func split(text string) (tokens []string) {
	for _, part := range strings.Fields(fold(text)) {
		part = strings.Trim(part, `<>()[]{}",;:.!?`)
		if strings.Contains(part, "@") {
			tokens = append(tokens, mailMark+part)
			part, _, _ = strings.Cut(part, "@")
		}
		tokens = append(tokens, strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	for i, t := range tokens {
		tokens[i] = cut(t)
	}
	return tokens
}

func cut(term string) string {
	if runes := []rune(term); len(runes) > mostTerm {
		return string(runes[:mostTerm])
	}
	return term
}

// number is the digits of a text that is a number and nothing else, however it is grouped; empty for others.
func number(text string) string {
	var digits strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case !strings.ContainsRune("+-()./ \u00a0\t", r):
			return ""
		}
	}
	return cut(digits.String())
}

func backward(digits string) string {
	reversed := []byte(digits)
	slices.Reverse(reversed)
	return backwardMark + string(reversed)
}

// terms are what a document is found by, and how much each counts.
func terms(fields []Field) map[string]int64 {
	found := map[string]int64{}
	add := func(term string, weight int64) {
		if _, known := found[term]; known || len(found) < mostTerms {
			found[term] = max(found[term], weight)
		}
	}
	for _, f := range fields {
		if digits := number(f.Text); digits != "" {
			add(digits, f.Weight)
			if len(digits) > leastDigits {
				add(backward(digits), f.Weight)
			}
			continue
		}
		for _, token := range split(f.Text) {
			add(token, f.Weight)
		}
	}
	return found
}

// stem is how a word has to begin, whatever its inflection.
func stem(word string) string {
	env := snowballstem.NewEnv(word)
	first, _ := utf8.DecodeRuneInString(word)
	switch {
	case unicode.Is(unicode.Latin, first):
		english.Stem(env)
	case unicode.Is(unicode.Cyrillic, first):
		russian.Stem(env)
	}
	alike := commonPrefix(word, env.Current())
	if utf8.RuneCountInString(alike) < leastStem {
		return word
	}
	return alike
}

func commonPrefix(a, b string) string {
	x, y := []rune(a), []rune(b)
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return string(x[:n])
}
