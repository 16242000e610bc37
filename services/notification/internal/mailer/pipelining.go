package mailer

import "cmp"

// name names the mail's sender and addressee. A server that allows it is told both before it has answered (PIPELINING,
// RFC 2920), which saves a round trip. The content is never asked for before both are accepted.
func (c *conn) name(l mimeMessage, wide bool) error {
	if can, _ := c.smtp.Extension("PIPELINING"); can {
		return c.nameTogether(l, wide)
	}
	c.smtp.SkipSMTPUTF8(!wide) // asked for needlessly, servers further on may refuse the mail
	if err := c.smtp.Mail(envelope(l.from)); err != nil {
		return err
	}
	return c.smtp.Rcpt(envelope(l.to))
}

// nameTogether has the first refusal be the answer: what follows a refused sender is refused for that alone. Whoever parsed the
// addresses has seen to it that they are no lines.
func (c *conn) nameTogether(l mimeMessage, wide bool) error {
	text := c.smtp.Text
	for _, part := range []string{"MAIL FROM:", envelope(l.from), c.parameters(wide), "\r\nRCPT TO:", envelope(l.to), "\r\n"} {
		_, _ = text.W.WriteString(part) // Flush says what went wrong
	}
	if err := text.W.Flush(); err != nil {
		return err
	}
	_, _, first := text.ReadResponse(250)
	if first != nil && !refusal(first) {
		return first
	}
	_, _, second := text.ReadResponse(25)
	if second != nil && !refusal(second) {
		c.broken = true
	}
	return cmp.Or(first, second)
}

// parameters are those of MAIL FROM.
func (c *conn) parameters(wide bool) (text string) {
	if can, _ := c.smtp.Extension("8BITMIME"); can {
		text = " BODY=8BITMIME"
	}
	if wide {
		text += " SMTPUTF8"
	}
	return text
}
