package mailer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit"
	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/smtptest"
)

const shop = "Крамниця <service@shop.example>"

// start starts a mail server that ends with the test.
func start(t testing.TB, options smtptest.Options) *smtptest.Server {
	t.Helper()
	s, err := smtptest.Start(options)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return s
}

func open(t testing.TB, url string) mailer.Sender {
	t.Helper()
	sender, err := mailer.New(kit.Mail{SMTP: url, From: shop})
	require.NoError(t, err)
	return sender
}

// ca is the parameter that trusts the server.
func ca(t testing.TB, s *smtptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, s.CA(), 0o600))
	return "ca=" + file
}

// note is a mail as the shop writes it.
func note(id string) mailer.Mail {
	return mailer.Mail{
		To: "olena@example.com", ToName: "Олена Ковальчук", Subject: "Ваше замовлення затримується",
		Text: "Добрий день, Олено!\n\nЗамовлення прийде завтра.\n", HTML: "<p>Замовлення прийде <b>завтра</b>.</p>\n",
		MessageID: id + "@shop.example", LanguageCode: "uk-UA", Date: time.Date(2026, 3, 8, 9, 30, 0, 0, time.UTC),
	}
}

// ids are the Message-IDs of the mails that the server took, in order.
func ids(s *smtptest.Server) (list []string) {
	for _, m := range s.Mails() {
		list = append(list, strings.TrimSuffix(m.MessageID, "@shop.example"))
	}
	return list
}
