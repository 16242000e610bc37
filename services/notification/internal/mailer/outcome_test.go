package mailer_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/smtptest"
)

// What a server does to a mail, and what is known of the mail then. A mail that the server kept must never be
// Retry or Failed, and one that it did not keep never Sent.
func TestOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		fault  smtptest.Fault
		want   mailer.State
		answer string
		kept   bool
	}{
		"taken":                         {want: mailer.Sent, answer: "250 2.0.0 OK: queued", kept: true},
		"not now, said at the greeting": {smtptest.Fault{At: smtptest.Hello, Code: 421}, mailer.Retry, "421", false},
		"never, said at the greeting":   {smtptest.Fault{At: smtptest.Hello, Code: 554}, mailer.Retry, "554", false},
		"lost at the greeting":          {smtptest.Fault{At: smtptest.Hello, Drop: true}, mailer.Retry, "", false},
		"no such sender":                {smtptest.Fault{At: smtptest.Sender, Code: 553}, mailer.Failed, "553", false},
		"sender to wait":                {smtptest.Fault{At: smtptest.Sender, Code: 450}, mailer.Retry, "450", false},
		"no such recipient":             {smtptest.Fault{At: smtptest.Recipient, Code: 550, Text: "нема"}, mailer.Failed, "550 5.0.0 нема", false},
		"recipient to wait":             {smtptest.Fault{At: smtptest.Recipient, Code: 451}, mailer.Retry, "451", false},
		"lost at the recipient":         {smtptest.Fault{At: smtptest.Recipient, Drop: true}, mailer.Retry, "", false},
		"password wanted first":         {smtptest.Fault{At: smtptest.Sender, Code: 530}, mailer.Retry, "530", false},
		"content not wanted":            {smtptest.Fault{At: smtptest.Data, Code: 554}, mailer.Failed, "554", false},
		"content not wanted now":        {smtptest.Fault{At: smtptest.Data, Code: 452}, mailer.Retry, "452", false},
		"lost before the content":       {smtptest.Fault{At: smtptest.Data, Drop: true}, mailer.Retry, "", false},
		"refused at its end":            {smtptest.Fault{At: smtptest.End, Code: 552}, mailer.Failed, "552", false},
		"put off at its end":            {smtptest.Fault{At: smtptest.End, Code: 451}, mailer.Retry, "451", false},
		"put off, and good-bye":         {smtptest.Fault{At: smtptest.End, Code: 421}, mailer.Retry, "421", false},
		"kept, but not said":            {smtptest.Fault{At: smtptest.End, Drop: true}, mailer.Unknown, "lost between", true},
		"not kept, and not said":        {smtptest.Fault{At: smtptest.End, Lose: true}, mailer.Unknown, "lost between", false},
	} {
		for way, options := range map[string]smtptest.Options{"clear": {}, "TLS": {TLS: smtptest.STARTTLS}} {
			t.Run(name+"/"+way, func(t *testing.T) {
				s := start(t, options)
				sender := open(t, s.URL(ca(t, s)))
				if c.fault != (smtptest.Fault{}) {
					s.InjectFault(c.fault)
				}

				out := sender.Send(t.Context(), note("one"))
				require.Equal(t, c.want, out.State, out.Answer)
				require.Contains(t, out.Answer, c.answer)
				require.Equal(t, c.kept, len(s.Mails()) == 1, "whether the server has it")

				s.ClearFaults()
				out = sender.Send(t.Context(), note("two"))
				require.Equal(t, mailer.Sent, out.State, "what is left of the connection must not harm the next mail: %s", out.Answer)
			})
		}
	}
}

// A mail so long that its start alone fills what the network holds is surely cut off before its end.
func TestDropWithinLongMail(t *testing.T) {
	s := start(t, smtptest.Options{})
	s.InjectFault(smtptest.Fault{At: smtptest.Body, Drop: true, Times: 1})
	m := note("long")
	m.Text = strings.Repeat("Довге замовлення. ", 1<<16)
	sender := open(t, s.URL())
	out := sender.Send(t.Context(), m)
	require.Equal(t, mailer.Retry, out.State, out.Answer)
	require.Contains(t, out.Answer, "before the mail's end")
	require.Empty(t, s.Mails())
	require.Equal(t, mailer.Sent, sender.Send(t.Context(), note("short")).State)
}

func TestServerAway(t *testing.T) {
	s := start(t, smtptest.Options{})
	sender := open(t, s.URL())
	s.Stop()
	require.Equal(t, mailer.Retry, sender.Send(t.Context(), note("one")).State)
	require.NoError(t, s.Restart())
	require.Equal(t, mailer.Sent, sender.Send(t.Context(), note("one")).State)
	require.Equal(t, []string{"one"}, ids(s))
}

// The deadline holds at each step, and what it means depends on the step.
func TestDeadline(t *testing.T) {
	for name, c := range map[string]struct {
		at   smtptest.Stage
		want mailer.State
	}{
		"greeting":  {smtptest.Hello, mailer.Retry},
		"recipient": {smtptest.Recipient, mailer.Retry},
		"content":   {smtptest.Data, mailer.Retry},
		"end":       {smtptest.End, mailer.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, smtptest.Options{})
			s.InjectFault(smtptest.Fault{At: c.at, Delay: time.Minute})
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			before := time.Now()
			out := open(t, s.URL()).Send(ctx, note("late"))
			require.Equal(t, c.want, out.State, out.Answer)
			require.Less(t, time.Since(before), 5*time.Second)
		})
	}
}

// A process that stops gives up what it has not begun, and still hears what became of a mail that it has sent.
func TestCancel(t *testing.T) {
	s := start(t, smtptest.Options{})
	sender := open(t, s.URL())
	ctx, cancel := context.WithCancel(t.Context())
	s.InjectFault(smtptest.Fault{At: smtptest.End, Delay: time.Second, Times: 1})
	outcome := make(chan mailer.Outcome, 1)
	go func() { outcome <- sender.Send(ctx, note("one")) }()
	require.Eventually(t, func() bool { return len(s.Mails()) == 1 }, 5*time.Second, time.Millisecond)
	cancel()
	require.Equal(t, mailer.Sent, (<-outcome).State)

	require.Equal(t, mailer.Retry, sender.Send(ctx, note("two")).State)

	ctx, cancel = context.WithCancel(t.Context())
	s.InjectFault(smtptest.Fault{At: smtptest.Recipient, Delay: time.Minute, Times: 1})
	go func() { outcome <- sender.Send(ctx, note("three")) }()
	require.Eventually(t, func() bool { return s.Connections() == 2 }, 5*time.Second, time.Millisecond)
	cancel()
	require.Equal(t, mailer.Retry, (<-outcome).State)
	require.Equal(t, []string{"one"}, ids(s))
}
