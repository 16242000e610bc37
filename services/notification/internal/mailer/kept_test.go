package mailer_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/smtptest"
)

func TestConnectionIsKept(t *testing.T) {
	s := start(t, smtptest.Options{TLS: smtptest.STARTTLS})
	sender := open(t, s.URL(ca(t, s)))
	for _, id := range []string{"one", "two", "three"} {
		require.Equal(t, mailer.Sent, sender.Send(t.Context(), note(id)).State)
	}
	s.InjectFault(smtptest.Fault{At: smtptest.Recipient, Code: 550, Times: 1})
	require.Equal(t, mailer.Failed, sender.Send(t.Context(), note("refused")).State)
	require.Equal(t, mailer.Sent, sender.Send(t.Context(), note("four")).State)
	require.Equal(t, []string{"one", "two", "three", "four"}, ids(s))
	require.Equal(t, 1, s.Connections())
}

// A kept connection that turns out to be dead, or that the server has had enough of, costs no try.
func TestKeptConnectionIsReplaced(t *testing.T) {
	for name, spoil := range map[string]func(*smtptest.Server){
		"server restarted": func(s *smtptest.Server) {
			s.Stop()
			require.NoError(t, s.Restart())
		},
		"lost at the sender":    func(s *smtptest.Server) { s.InjectFault(smtptest.Fault{At: smtptest.Sender, Drop: true, Times: 1}) },
		"enough mails":          func(s *smtptest.Server) { s.InjectFault(smtptest.Fault{At: smtptest.Sender, Code: 421, Times: 1}) },
		"lost at the recipient": func(s *smtptest.Server) { s.InjectFault(smtptest.Fault{At: smtptest.Recipient, Drop: true, Times: 1}) },
		"lost at the content":   func(s *smtptest.Server) { s.InjectFault(smtptest.Fault{At: smtptest.Data, Drop: true, Times: 1}) },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, smtptest.Options{})
			sender := open(t, s.URL())
			require.Equal(t, mailer.Sent, sender.Send(t.Context(), note("one")).State)
			spoil(s)
			out := sender.Send(t.Context(), note("two"))
			require.Equal(t, mailer.Sent, out.State, out.Answer)
			require.Equal(t, []string{"one", "two"}, ids(s))
			require.Equal(t, 2, s.Connections())
		})
	}
}

// From the content's first byte on there is no second attempt within a try, on a kept connection as on any.
func TestKeptConnectionLostAtTheEnd(t *testing.T) {
	s := start(t, smtptest.Options{})
	sender := open(t, s.URL())
	require.Equal(t, mailer.Sent, sender.Send(t.Context(), note("one")).State)
	s.InjectFault(smtptest.Fault{At: smtptest.End, Drop: true})
	require.Equal(t, mailer.Unknown, sender.Send(t.Context(), note("two")).State)
	require.Equal(t, []string{"one", "two"}, ids(s))
}

// Many at once, some of them to a recipient who is refused, over a server that breaks connections: each mail that is
// Sent is there once, and each that is not, is not.
func TestManyAtOnce(t *testing.T) {
	s := start(t, smtptest.Options{})
	sender := open(t, s.URL())
	s.InjectFault(smtptest.Fault{At: smtptest.Recipient, Code: 550, To: "nobody@example.com"})
	s.InjectFault(smtptest.Fault{At: smtptest.End, Code: 451, Times: 10})
	s.InjectFault(smtptest.Fault{At: smtptest.Data, Drop: true, Times: 10})
	var (
		mu   sync.Mutex
		sent []string
		all  sync.WaitGroup
	)
	count := map[mailer.State]int{}
	for i := range 300 {
		all.Go(func() {
			m := note(fmt.Sprintf("%03d", i))
			if i%10 == 0 {
				m.To = "nobody@example.com"
			}
			out := sender.Send(t.Context(), m)
			mu.Lock()
			defer mu.Unlock()
			count[out.State]++
			if out.State == mailer.Sent {
				sent = append(sent, fmt.Sprintf("%03d", i))
			}
		})
	}
	all.Wait()
	require.Equal(t, 30, count[mailer.Failed])
	require.Zero(t, count[mailer.Unknown])
	require.GreaterOrEqual(t, count[mailer.Retry], 10)
	require.ElementsMatch(t, sent, ids(s))
	slices.Sort(sent)
	require.Len(t, slices.Compact(sent), 300-30-count[mailer.Retry])
	require.LessOrEqual(t, s.Connections(), 4+10, "no more than four, and those that the server dropped")
}

// Who finds all connections busy does not wait until it is too late to be answered.
func TestBusy(t *testing.T) {
	s := start(t, smtptest.Options{})
	sender := open(t, s.URL("connections=2"))
	s.InjectFault(smtptest.Fault{At: smtptest.End, Delay: 2 * time.Second})
	var all sync.WaitGroup
	for i := range 2 {
		all.Go(func() { sender.Send(t.Context(), note(fmt.Sprint(i))) })
	}
	require.Eventually(t, func() bool { return len(s.Mails()) == 2 }, 5*time.Second, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	out := sender.Send(ctx, note("late"))
	require.Equal(t, mailer.Retry, out.State)
	require.Contains(t, out.Answer, "busy")
	require.NoError(t, ctx.Err(), "there was time left")
	all.Wait()
}
