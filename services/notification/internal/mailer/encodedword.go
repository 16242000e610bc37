package mailer

import (
	"encoding/base64"
	netmail "net/mail"
	"strings"

	"github.com/wneessen/go-mail"
)

// The library leaves ASCII as it is. But a text that people wrote and that looks like an encoded word (RFC 2047), "=?utf-8?q?…?=",
// would be shown as what it stands for, such as another sender's name. Encoded once more, it is shown as it was written.

// looksEncoded tells whether receivers could decode a part of the text.
func looksEncoded(text string) bool { return strings.Contains(text, "=?") }

func setSubject(msg *mail.Msg, subject string) {
	if looksEncoded(subject) {
		subject = encodedWords(subject)
	}
	msg.Subject(subject)
}

func setAddress(msg *mail.Msg, header mail.AddrHeader, a *netmail.Address) {
	if !looksEncoded(a.Name) {
		msg.SetAddrHeaderFromMailAddress(header, a)
		return
	}
	bare := netmail.Address{Address: a.Address}
	msg.SetGenHeader(mail.Header(header), encodedWords(a.Name)+" "+bare.String())
}

// wordBytes is how much text fits an encoded word of 75 characters (RFC 2047, section 2), in base64.
const wordBytes = 45

// encodedWords writes the text as encoded words, between which the library breaks lines. None of them ends within a character.
func encodedWords(text string) string {
	var words []string
	word := ""
	for _, r := range text {
		if len(word)+len(string(r)) > wordBytes {
			words, word = append(words, word), ""
		}
		word += string(r)
	}
	words = append(words, word)
	for i, word := range words {
		words[i] = "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(word)) + "?="
	}
	return strings.Join(words, " ")
}
