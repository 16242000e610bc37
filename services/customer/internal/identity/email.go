package identity

import (
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Email is an e-mail address.
type Email struct {
	// Spelled is the address as its owner spells it, without what stood around it.
	Spelled string
	// Value is the spelling by which addresses are compared: in small letters where a letter has just one capital, the domain in
	// ASCII (punycode, RFC 5891).
	Value string
}

// ReadEmail reads an address in any spelling: in capitals, full-width or composed letters, with spaces around it, a name before
// it (Anna <anna@example.org>), mailto:, quotes that say nothing, or a dot at the end of its domain, which may be in any script.
//
// Dots and +tags of the local part count: they mean nothing at some providers, but are other people's mailboxes at the rest.
func ReadEmail(text string) (Email, bool) {
	read, ok := ReadMailbox(text)
	if !ok || isStandInEmail(read.Value) {
		return Email{}, false
	}
	return read, true
}

// ReadMailbox reads an address as ReadEmail does, and such as stand in for none, too: a company's mails may come from noreply@.
func ReadMailbox(text string) (Email, bool) {
	read, ok := readEmail(text)
	if !ok {
		return Email{}, false
	}
	if steady, ok := readEmail(read.Value); !ok || steady != (Email{read.Value, read.Value}) {
		return Email{}, false
	}
	if steady, ok := readEmail(read.Spelled); !ok || steady != read {
		return Email{}, false
	}
	return read, true
}

// Bounds of an address in bytes (RFC 5321, 4.5.3.1).
const (
	maxEmail = 254
	maxLocal = 64
)

func readEmail(text string) (Email, bool) {
	text, ok := bare(plain(text))
	at := strings.LastIndexByte(text, '@')
	if !ok || at < 0 {
		return Email{}, false
	}
	local := unquoted(norm.NFC.String(strings.TrimSpace(text[:at])))
	domain, ascii, ok := readDomain(strings.TrimSpace(text[at+1:]))
	read := Email{Spelled: local + "@" + domain, Value: norm.NFC.String(strings.Map(lower, local)) + "@" + ascii}
	return read, ok && isLocal(local) && max(len(read.Spelled), len(read.Value)) <= maxEmail
}

// lower is the small letter of a capital, if the capital is also that one's: İ has no i, or two mailboxes would be one.
func lower(r rune) rune {
	if small := unicode.ToLower(r); unicode.ToUpper(small) == r {
		return small
	}
	return r
}

// readDomain gives the domain as its owner spells it, and in ASCII.
func readDomain(text string) (spelled, ascii string, ok bool) {
	ascii, err := domains.ToASCII(text)
	if err != nil {
		return "", "", false
	}
	spelled = text
	if strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
		spelled, err = domains.ToUnicode(text)
	}
	return strings.TrimSuffix(spelled, "."), strings.TrimSuffix(ascii, "."), err == nil
}

// domains maps a domain as browsers and mail programs do (UTS 46, non-transitional).
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckHyphens(true),
	idna.CheckJoiners(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// bare takes the address out of its brackets and from behind mailto:, which is a URL.
func bare(text string) (string, bool) {
	text = unbracketed(strings.Trim(text, " ,;"))
	const scheme = "mailto:"
	if len(text) < len(scheme) || !strings.EqualFold(text[:len(scheme)], scheme) {
		return text, true
	}
	address, _, _ := strings.Cut(text[len(scheme):], "?")
	address, err := url.PathUnescape(address)
	return plain(address), err == nil
}

// unquoted takes away the quotes of a local part that needs none.
func unquoted(local string) string {
	if len(local) > 2 && local[0] == '"' && local[len(local)-1] == '"' {
		return local[1 : len(local)-1]
	}
	return local
}

// isLocal tells a dot-atom (RFC 5322, 3.2.3, with the letters of RFC 6532).
func isLocal(local string) bool {
	if len(local) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, notInAtom) {
			return false
		}
	}
	return true
}

func notInAtom(r rune) bool {
	if r == unicode.ReplacementChar || unicode.IsSpace(r) {
		return true
	}
	return !unicode.IsGraphic(r) || strings.ContainsRune(`()<>[]:;@\,"`, r)
}
