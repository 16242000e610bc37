package smtptest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// Mail is a mail that the server took.
type Mail struct {
	// From and To are the envelope's: who the mail was really for.
	From string
	To   []string
	// TLS says whether it came encrypted, and UTF8 whether the sender asked for SMTPUTF8 (RFC 6531).
	TLS, UTF8 bool
	// Header is as it came; Decoded reads one of its lines.
	Header mail.Header
	// Subject and MessageID are read from the header, the latter without its brackets.
	Subject, MessageID string
	// Text and HTML are the parts that a person reads, decoded, with line breaks as "\n".
	Text, HTML string
	// Raw is the mail as it came.
	Raw []byte
}

// Parse reads a mail, such as the file of one: all but the envelope and TLS.
func Parse(raw []byte) (Mail, error) {
	read, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, err
	}
	m := Mail{Header: read.Header, Raw: raw}
	m.Subject = m.Decoded("Subject")
	m.MessageID = strings.Trim(read.Header.Get("Message-ID"), "<>")
	return m, m.part(read.Header.Get, read.Body)
}

// Decoded is a line of the header as a person reads it.
func (m Mail) Decoded(name string) string {
	var words mime.WordDecoder
	text, err := words.DecodeHeader(m.Header.Get(name))
	if err != nil {
		return m.Header.Get(name)
	}
	return text
}

// part reads a part: a text, or more parts.
func (m *Mail) part(header func(string) string, body io.Reader) error {
	kind, parameters, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		return m.parts(multipart.NewReader(body, parameters["boundary"]))
	}
	content, err := io.ReadAll(plain(header("Content-Transfer-Encoding"), body))
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	}
	return err
}

func (m *Mail) parts(r *multipart.Reader) error {
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = m.part(p.Header.Get, p)
		}
		if err != nil {
			return err
		}
	}
}

// plain undoes the encoding.
func plain(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	}
	return body
}
