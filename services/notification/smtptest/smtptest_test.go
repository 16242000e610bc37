package smtptest_test

import (
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/services/notification/smtptest"
)

const mail = "From: Shop <a@example.com>\r\nMessage-ID: <1@example.com>\r\nSubject: =?utf-8?q?=D0=87=D0=B6=D0=B0?=\r\n" +
	"Content-Type: multipart/alternative; boundary=x\r\n\r\n" +
	"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n0KLQtdC60YHRgg==\r\n" +
	"--x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=3D=\r\n</p>\r\n--x--\r\n"

// send says a mail with the standard library's client, which is none of ours.
func send(s *smtptest.Server, to ...string) error {
	return smtp.SendMail(strings.TrimPrefix(s.URL(), "smtp://"), nil, "a@example.com", to, []byte(mail))
}

func start(t *testing.T) *smtptest.Server {
	t.Helper()
	s, err := smtptest.Start(smtptest.Options{})
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return s
}

func TestMails(t *testing.T) {
	s := start(t)
	require.NoError(t, send(s, "b@example.com", "c@example.com"))
	require.NoError(t, send(s, "b@example.com"))
	require.Len(t, s.Mails(), 2)
	require.Len(t, s.MailsTo("c@example.com"), 1)
	require.Equal(t, 2, s.Connections())
	m := s.Mails()[0]
	require.Equal(t, []string{"b@example.com", "c@example.com"}, m.To)
	require.Equal(t, []string{"a@example.com", "1@example.com", "Їжа", "Текст", "<p>=</p>"}, []string{m.From, m.MessageID, m.Subject, m.Text, m.HTML})
	s.ClearMails()
	require.Empty(t, s.Mails())
}

func TestFaults(t *testing.T) {
	s := start(t)
	for _, at := range []smtptest.Stage{smtptest.Hello, smtptest.Sender, smtptest.Recipient, smtptest.Data, smtptest.End} {
		s.InjectFault(smtptest.Fault{At: at, Code: 451, Text: "later, please"})
		require.ErrorContains(t, send(s, "b@example.com"), "later, please", "at %d", at)
		s.ClearFaults()
		s.InjectFault(smtptest.Fault{At: at, Drop: true, Lose: true})
		require.Error(t, send(s, "b@example.com"), "at %d", at)
		require.Empty(t, s.Mails(), "at %d", at)
		s.ClearFaults()
	}
	s.InjectFault(smtptest.Fault{At: smtptest.Body, Drop: true, Times: 1})
	require.Error(t, send(s, "b@example.com"))
	require.Empty(t, s.Mails())
	require.NoError(t, send(s, "b@example.com"), "it struck once")

	s.InjectFault(smtptest.Fault{At: smtptest.End, Drop: true, To: "c@example.com"})
	require.NoError(t, send(s, "b@example.com"))
	require.Error(t, send(s, "c@example.com"))
	require.Error(t, send(s, "c@example.com"))
	require.Len(t, s.MailsTo("c@example.com"), 2, "kept, but not said")
	s.ClearFaults()
	require.NoError(t, send(s, "c@example.com"))
}

func TestStop(t *testing.T) {
	s := start(t)
	s.InjectFault(smtptest.Fault{At: smtptest.Recipient, Delay: time.Hour, Times: 1})
	failed := make(chan error, 1)
	go func() { failed <- send(s, "b@example.com") }()
	require.Eventually(t, func() bool { return s.Connections() == 1 }, 5*time.Second, time.Millisecond)
	s.Stop()
	require.Error(t, <-failed)
	require.Error(t, send(s, "b@example.com"))
	require.NoError(t, s.Restart())
	require.NoError(t, send(s, "b@example.com"))
	require.Len(t, s.Mails(), 1)
}
