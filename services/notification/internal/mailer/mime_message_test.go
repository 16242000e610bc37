package mailer_test

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit"
	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/smtptest"
)

func TestContent(t *testing.T) {
	s := start(t, smtptest.Options{})
	m := note("one")
	m.Subject = strings.Repeat("Дуже довга тема про замовлення ", 10) + "№ 12"
	m.Text = ".крапка\n..дві\n.\n\n" + strings.Repeat("довгийрядок", 300) + "\n.\r\nFrom кінець = 100 %\n\tтабуляція \n"
	require.Equal(t, mailer.Sent, open(t, s.URL()).Send(t.Context(), m).State)

	got := s.Mails()[0]
	require.Equal(t, "service@shop.example", got.From)
	require.Equal(t, []string{"olena@example.com"}, got.To)
	require.Equal(t, m.Subject, got.Subject)
	require.Equal(t, strings.ReplaceAll(m.Text, "\r\n", "\n"), got.Text)
	require.Equal(t, m.HTML, got.HTML)
	require.Equal(t, "one@shop.example", got.MessageID)
	for name, want := range map[string]string{
		"From": "Крамниця <service@shop.example>", "To": "Олена Ковальчук <olena@example.com>",
		"Date": "Sun, 08 Mar 2026 09:30:00 +0000", "Message-Id": "<one@shop.example>",
		"Auto-Submitted": "auto-generated", "Content-Language": "uk-UA", "Mime-Version": "1.0",
	} {
		require.Equal(t, want, got.Decoded(name), name)
	}
	require.Equal(t, []string{"", "", ""}, []string{got.Decoded("User-Agent"), got.Decoded("X-Mailer"), got.Decoded("Bcc")})
	requireWire(t, got.Raw)
}

// requireWire holds a mail to what any server on its way takes: 7 bits, short lines, no bare line breaks.
func requireWire(t require.TestingT, raw []byte) {
	for _, l := range bytes.Split(raw, []byte("\r\n")) {
		require.LessOrEqual(t, len(l), 998, "%s", l)
		require.NotContains(t, string(l), "\r")
		require.NotContains(t, string(l), "\n")
		require.False(t, bytes.ContainsFunc(l, func(r rune) bool { return r > unicode.MaxASCII }), "%s", l)
	}
}

func TestPlainText(t *testing.T) {
	s := start(t, smtptest.Options{})
	m := note("one")
	m.HTML, m.ToName, m.LanguageCode, m.From = "", "", "", `"Інша, крамниця" <other@shop.example>`
	m.ReplyTo = "answers@shop.example"
	require.Equal(t, mailer.Sent, open(t, s.URL()).Send(t.Context(), m).State)
	got := s.Mails()[0]
	require.Equal(t, "other@shop.example", got.From)
	require.True(t, strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain"))
	require.Equal(t, m.Text, got.Text)
	require.Empty(t, got.Header.Get("Content-Language"))
	from, err := mail.ParseAddress(got.Header.Get("From"))
	require.NoError(t, err)
	require.Equal(t, "Інша, крамниця", from.Name)
	require.Equal(t, "<answers@shop.example>", got.Header.Get("Reply-To"))
}

// Whatever stands in the texts and names, the mail says it and nothing else: no header more, no part more.
func TestNothingIsForged(t *testing.T) {
	sender, folder := boxed(t)
	words := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\r\n\t\x00 .-=?@<>,:;\"Її"))))
	rapid.Check(t, func(t *rapid.T) {
		m := note("forged")
		m.Subject, m.ToName = words.Draw(t, "subject"), words.Draw(t, "name")
		m.Text, m.HTML = words.Draw(t, "text"), words.Draw(t, "html")
		m.Subject += rapid.SampledFrom([]string{"", "\r\nBcc: all@example.com", "\n\nHello", "?=\r\n =?utf-8?q?x", "=?utf-8?q?x?=", "=?utf-8?b?0JHQsNC90Lo=?= " + strings.Repeat("ї=?", 40)}).Draw(t, "attack")

		m.ToName += rapid.SampledFrom([]string{"", "=?utf-8?q?Your_bank?=", " =?utf-8?b?0JHQsNC90Lo=?= " + strings.Repeat("x ї", 40)}).Draw(t, "other name")

		out := sender.Send(t.Context(), m)
		require.Equal(t, mailer.Sent, out.State, out.Answer)
		got := folder.read(t, "forged@shop.example.eml")
		requireWire(t, got.Raw)
		require.Equal(t, oneLine(m.Subject), got.Subject)
		require.Equal(t, lines(m.Text), got.Text)
		require.Equal(t, lines(m.HTML), got.HTML)
		to, err := mail.ParseAddress(got.Header.Get("To"))
		require.NoError(t, err)
		require.Equal(t, mail.Address{Name: oneLine(strings.ReplaceAll(m.ToName, `\`, "/")), Address: "olena@example.com"}, *to)
		require.Subset(t, headers, names(got.Header))
	})
}

var headers = []string{
	"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Transfer-Encoding",
	"Content-Language", "Auto-Submitted",
}

func names(h mail.Header) (list []string) {
	for name := range h {
		list = append(list, name)
	}
	return list
}

// oneLine is a header's text as it should arrive.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\u2028' || r == '\u2029' || unicode.IsControl(r) }), " ")
}

// lines are a text's as they should arrive: every sort of line break has become one.
func lines(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// A text that looks like an encoded word must not be shown as another: not even the raw header has it.
func TestWhatLooksEncodedIsShownAsItIs(t *testing.T) {
	sender, folder := boxed(t)
	m := note("bank")
	m.Subject, m.ToName = "=?utf-8?q?Invoice?=", "=?utf-8?q?Your_bank?="
	m.From = "=?utf-8?q?=3D=3Futf-8=3Fq=3FOther=5Fshop=3F=3D?= <service@shop.example>"
	before := ""
	for range 5 { // the same mail is the same, byte for byte
		require.Equal(t, mailer.Sent, sender.Send(t.Context(), m).State)
		got := folder.read(t, "bank@shop.example.eml")
		require.NotContains(t, string(got.Raw), "Your_bank")
		require.NotContains(t, string(got.Raw), "q?Invoice")
		require.NotContains(t, string(got.Raw), "Other_shop")
		to, err := mail.ParseAddress(got.Header.Get("To"))
		require.NoError(t, err)
		require.Equal(t, m.ToName, to.Name)
		from, err := mail.ParseAddress(got.Header.Get("From"))
		require.NoError(t, err)
		require.Equal(t, "=?utf-8?q?Other_shop?=", from.Name)
		require.Equal(t, m.Subject, got.Subject)
		require.True(t, before == "" || before == string(got.Raw))
		before = string(got.Raw)
	}
}

// What must be exact is refused and not mended, and no server hears of it.
func TestBadMail(t *testing.T) {
	for name, spoil := range map[string]func(*mailer.Mail){
		"no addressee":          func(m *mailer.Mail) { m.To = "" },
		"addressee with a name": func(m *mailer.Mail) { m.To = "Olena <olena@example.com>" },
		"two addressees":        func(m *mailer.Mail) { m.To = "olena@example.com,eve@example.com" },
		"a command more":        func(m *mailer.Mail) { m.To = "olena@example.com>\r\nRCPT TO:<eve@example.com" },
		"a folded addressee":    func(m *mailer.Mail) { m.To = "olena\r\n @example.com" },
		"a header more":         func(m *mailer.Mail) { m.From = "Shop\r\nBcc: eve@example.com\r\n <service@shop.example>" },
		"no sender":             func(m *mailer.Mail) { m.From = "shop" },
		"no Message-ID":         func(m *mailer.Mail) { m.MessageID = "" },
		"Message-ID of no host": func(m *mailer.Mail) { m.MessageID = "one" },
		"Message-ID's line":     func(m *mailer.Mail) { m.MessageID = "one@shop.example\r\nBcc: eve@example.com" },
		"Message-ID's bracket":  func(m *mailer.Mail) { m.MessageID = "one@shop> <two@shop" },
		"language's line":       func(m *mailer.Mail) { m.LanguageCode = "uk\r\nBcc: eve@example.com" },
		"letters beyond ASCII":  func(m *mailer.Mail) { m.To = "олена@example.com" },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, smtptest.Options{})
			m := note("one")
			spoil(&m)
			out := open(t, s.URL()).Send(t.Context(), m)
			require.Equal(t, mailer.Failed, out.State, out.Answer)
			require.NotContains(t, out.Answer, "eve@example.com\r\n")
			require.Empty(t, s.Mails())
		})
	}
}

func TestAddresses(t *testing.T) {
	for to, wide := range map[string]bool{"олена@example.com": true, `"a b"@example.com`: false, "o'brien+x@sub.example.com": false} {
		s := start(t, smtptest.Options{UTF8: true})
		m := note("one")
		m.To = to
		out := open(t, s.URL()).Send(t.Context(), m)
		require.Equal(t, mailer.Sent, out.State, out.Answer)
		require.Len(t, s.Mails(), 1)
		require.Equal(t, wide, s.Mails()[0].UTF8, "it is asked for where it is needed")
		address, err := mail.ParseAddress(s.Mails()[0].Header.Get("To"))
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(to, `"`, ""), address.Address)
	}
}

func TestSettings(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  kit.Mail
		want string
	}{
		"no sender":          {kit.Mail{Folder: t.TempDir()}, "sender"},
		"bad sender":         {kit.Mail{Folder: t.TempDir(), From: "the shop"}, "sender"},
		"forged sender":      {kit.Mail{Folder: t.TempDir(), From: "Shop\r\nBcc: eve@example.com\r\n <a@example.com>"}, "sender"},
		"nowhere":            {kit.Mail{From: shop}, "neither"},
		"other protocol":     {kit.Mail{From: shop, SMTP: "http://mail.example"}, "no URL"},
		"no host":            {kit.Mail{From: shop, SMTP: "smtp://"}, "no URL"},
		"a path":             {kit.Mail{From: shop, SMTP: "smtp://mail.example/x"}, "no URL"},
		"bare host":          {kit.Mail{From: shop, SMTP: "mail.example:25"}, "no URL"},
		"password, not esc.": {kit.Mail{From: shop, SMTP: "smtp://u:se/cret@mail.example"}, "no URL"},
		"unknown option":     {kit.Mail{From: shop, SMTP: "smtp://u:secret@mail.example?verify=no"}, "verify"},
		"unknown tls":        {kit.Mail{From: shop, SMTP: "smtp://u:secret@mail.example?tls=never"}, "required"},
		"unknown insecure":   {kit.Mail{From: shop, SMTP: "smtp://u:secret@mail.example?insecure=1"}, "true or false"},
		"no such CA":         {kit.Mail{From: shop, SMTP: "smtp://u:secret@mail.example?ca=/no/such.pem"}, "no such file"},
		"no connections":     {kit.Mail{From: shop, SMTP: "smtp://u:secret@mail.example?connections=0"}, "from 1 to"},
		"many connections":   {kit.Mail{From: shop, SMTP: "smtp://u:secret@mail.example?connections=1000"}, "from 1 to"},
		"bad name":           {kit.Mail{From: shop, SMTP: "smtp://u:secret@mail.example?hello=a%0Ab"}, "host name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mailer.New(c.cfg)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "cret")
		})
	}
	_, err := mailer.New(kit.Mail{From: shop, SMTP: "smtps://u:p@mail.example:465?hello=shop.example&tls=required"})
	require.NoError(t, err)
}
