package loyalty_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"kept.dev/kit/kittest"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// BenchmarkGoodwill has 32 callers give points, without a server between: to one of ten thousand accounts, or all to one.
func BenchmarkGoodwill(b *testing.B) {
	for _, dialect := range kittest.Dialects {
		for what, accounts := range map[string]int64{"many": 10_000, "hot": 1} {
			b.Run(dialect+"/"+what, func(b *testing.B) {
				h := newFixture(b, kittest.Open(b, kittest.NewURL(b, dialect)))
				kittest.Exec(b, h.db, `
					with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
					insert into account select 'main', 'c-' || i, 0, 0, 0 from n`)
				ctx := h.agent()
				var seq atomic.Int64
				b.SetParallelism(32 / runtime.GOMAXPROCS(0))
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						n := seq.Add(1)
						req := &loyaltyv1.CreditGoodwillRequest{
							Name:   fmt.Sprintf("programs/main/accounts/c-%d", n*7919%accounts+1),
							Points: 1, Reason: "for waiting", About: "orders/1",
						}
						if _, err := h.accounts.CreditGoodwill(keyed(ctx, fmt.Sprint(n)), req); err != nil {
							b.Error(err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "postings/s")
			})
		}
	}
}
