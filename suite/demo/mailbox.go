package demo

import (
	"cmp"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kept.dev/suite/scenario"
)

// mailbox is a folder of mails, one file each.
type mailbox string

// to are the mails to an address, in the order in which they came. What can't be read has not come.
func (m mailbox) to(address string) []scenario.Mail {
	type arrival struct {
		at   time.Time
		name string
		scenario.Mail
	}
	files, _ := filepath.Glob(filepath.Join(string(m), "*.eml")) // the pattern is right
	var all []arrival
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			continue
		}
		if letter, ok := readMail(name, address); ok {
			all = append(all, arrival{info.ModTime(), name, letter})
		}
	}
	slices.SortFunc(all, func(a, b arrival) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.name, b.name)) })
	mails := make([]scenario.Mail, len(all))
	for i, a := range all {
		mails[i] = a.Mail
	}
	return mails
}

// readMail reads a mail's file, if it is to the address.
func readMail(name, address string) (letter scenario.Mail, ok bool) {
	file, err := os.Open(name)
	if err != nil {
		return letter, false
	}
	defer file.Close()
	m, err := mail.ReadMessage(file)
	if err != nil {
		return letter, false
	}
	to, err := m.Header.AddressList("To")
	if err != nil || !slices.ContainsFunc(to, func(a *mail.Address) bool { return a.Address == address }) {
		return letter, false
	}
	letter.ID = m.Header.Get("Message-ID")
	if letter.Subject, err = (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return letter, false
	}
	letter.Text, err = plain(m)
	return letter, err == nil
}

// plain is a mail's plain text: its own, or that of its first part.
func plain(m *mail.Message) (string, error) {
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	var body io.Reader = m.Body
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		if body, err = multipart.NewReader(m.Body, params["boundary"]).NextPart(); err != nil { // decoded already
			return "", err
		}
	case strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable"):
		body = quotedprintable.NewReader(m.Body)
	}
	text, err := io.ReadAll(body)
	return string(text), err
}
