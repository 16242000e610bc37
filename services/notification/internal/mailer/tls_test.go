package mailer_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/smtptest"
)

func TestTLS(t *testing.T) {
	for name, c := range map[string]struct {
		server  smtptest.TLS
		options []string
		trusted bool
		want    mailer.State
		hidden  bool
	}{
		"none offered":                {smtptest.Clear, nil, true, mailer.Sent, false},
		"none offered, but required":  {smtptest.Clear, []string{"tls=required"}, true, mailer.Retry, false},
		"taken when offered":          {smtptest.STARTTLS, nil, true, mailer.Sent, true},
		"offered and required":        {smtptest.STARTTLS, []string{"tls=required"}, true, mailer.Sent, true},
		"from the first byte":         {smtptest.Implicit, nil, true, mailer.Sent, true},
		"not trusted":                 {smtptest.STARTTLS, nil, false, mailer.Retry, false},
		"not trusted, implicit":       {smtptest.Implicit, nil, false, mailer.Retry, false},
		"not trusted, but never mind": {smtptest.STARTTLS, []string{"insecure=true"}, false, mailer.Sent, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, smtptest.Options{TLS: c.server})
			options := c.options
			if c.trusted {
				options = append(options, ca(t, s))
			}
			out := open(t, s.URL(options...)).Send(t.Context(), note("one"))
			require.Equal(t, c.want, out.State, out.Answer)
			if c.want != mailer.Sent {
				require.Empty(t, s.Mails(), "nothing falls back to the clear")
				return
			}
			require.Equal(t, c.hidden, s.Mails()[0].TLS)
		})
	}
}

func TestPassword(t *testing.T) {
	s := start(t, smtptest.Options{TLS: smtptest.STARTTLS, User: "shop@example.com", Password: "p:/@ %ä"})
	require.Equal(t, mailer.Sent, open(t, s.URL(ca(t, s))).Send(t.Context(), note("one")).State)

	other := start(t, smtptest.Options{User: "shop", Password: "right"})
	out := open(t, "smtp://shop:wrong@"+other.URL()[len("smtp://shop:right@"):]).Send(t.Context(), note("one"))
	require.Equal(t, mailer.Retry, out.State, "an operator can mend that")
	require.Contains(t, out.Answer, "535")
	require.NotContains(t, out.Answer, "wrong")

	none := start(t, smtptest.Options{})
	out = open(t, "smtp://shop:secret@"+none.URL()[len("smtp://"):]).Send(t.Context(), note("one"))
	require.Equal(t, mailer.Retry, out.State)
	require.Contains(t, out.Answer, "no way")
	require.Empty(t, none.Mails())
}
