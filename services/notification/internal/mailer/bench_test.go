package mailer_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"kept.dev/services/notification/internal/mailer"
	"kept.dev/services/notification/smtptest"
)

// BenchmarkSend sends to a server in the same process, by all connections at once: an upper bound of what one replica
// hands over, as the network's round trips are missing (three a mail).
func BenchmarkSend(b *testing.B) {
	for name, options := range map[string]smtptest.Options{"clear": {}, "tls": {TLS: smtptest.STARTTLS}} {
		b.Run(name, func(b *testing.B) {
			s := start(b, options)
			sender := open(b, s.URL(ca(b, s)))
			var count atomic.Int64
			b.SetParallelism(4)
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if out := sender.Send(b.Context(), note(fmt.Sprint(count.Add(1)))); out.State != mailer.Sent {
						b.Error(out.Answer)
					}
				}
			})
		})
	}
}
