package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// ctx is the context of a test of either sort.
func (b *bench) ctx(t require.TestingT) context.Context {
	return t.(interface{ Context() context.Context }).Context()
}

func (b *bench) forget(t testing.TB) {
	for _, table := range []string{"purchase", "buyer", "inbox"} {
		kittest.Exec(t, b.db, `delete from `+table)
	}
}

var january = time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC)

// drawOrders are orders of few customers, at few moments and amounts, so that there are ties and several of each.
func drawOrders(r *rapid.T) (all model) {
	few := rapid.Int64Range(0, 3)
	for i := range rapid.IntRange(0, 25).Draw(r, "orders") {
		o := order{
			id: fmt.Sprint("o", i), customer: "customers/" + fmt.Sprint(rapid.IntRange(1, 9).Draw(r, "customer")),
			currency: rapid.SampledFrom([]string{"EUR", "EUR", "EUR", "JPY", "USD"}).Draw(r, "currency"),
			at:       january.Add(time.Duration(few.Draw(r, "time")) * 20 * 24 * time.Hour),
			wanted:   few.Draw(r, "wanted"), came: few.Draw(r, "came"), fee: few.Draw(r, "fee"),
			unitsWanted: few.Draw(r, "units"), unitsThatCame: few.Draw(r, "units"),
		}
		switch rapid.IntRange(0, 9).Draw(r, "story") {
		case 0, 1, 2:
			o.imported = true
		case 3:
			o.customer = ""
			o.placed = true
		default:
			o.placed = rapid.IntRange(0, 4).Draw(r, "placed") > 0 // or not heard of yet
			o.delivered = rapid.Bool().Draw(r, "delivered")
			o.legacy = !o.delivered && rapid.Bool().Draw(r, "legacy")
			o.cancelled = rapid.IntRange(0, 9).Draw(r, "cancelled") == 0
			o.returned = rapid.IntRange(0, 9).Draw(r, "returned") == 0
		}
		all = append(all, o)
	}
	return all
}

// tell says all facts of the orders in any order, some of them again as if they were new, in batches of any size.
func tell(r *rapid.T, b *bench, all model) {
	var facts []said
	for _, o := range all {
		for _, f := range o.facts() {
			for range rapid.IntRange(1, 2).Draw(r, "times") {
				facts = append(facts, f)
			}
		}
	}
	if len(facts) > 0 {
		facts = rapid.Permutation(facts).Draw(r, "facts")
	}
	for len(facts) > 0 {
		n := rapid.IntRange(1, len(facts)).Draw(r, "batch")
		b.hears(r, facts[:n]...)
		facts = facts[n:]
	}
}

// TestInsightIsLikeCountingOneByOne tells the facts of random orders in random order, and compares all answers with a plain count.
func TestInsightIsLikeCountingOneByOne(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		rapid.Check(t, func(r *rapid.T) {
			b.forget(t)
			all := drawOrders(r)
			tell(r, b, all)
			size := rapid.Int32Range(1, 5).Draw(r, "page size")
			for _, currency := range []string{"EUR", "JPY", "USD", "UAH"} {
				b.requireLike(r, all, currency, currency, size)
			}
			b.requireLike(r, all, all.main(), "", size)
			require.Zero(r, kittest.Number(t, b.db, `select count(*) from timer`), "nothing has failed")
		})
	})
}

// requireLike compares all that is answered about a currency with the model.
func (b *bench) requireLike(r *rapid.T, all model, currency, asked string, size int32) {
	want := all.scores(currency)
	requireProto(r, all.report(currency), b.report(r, asked), asked)
	requireProtos(r, want, b.all(r, &customerv1.ListRfmScoresRequest{Parent: insightOf(asked), PageSize: size}), asked)
	months := all.months(currency)
	requireProtos(r, months, b.months(r, asked, size), asked)
	for _, m := range months {
		got, err := b.GetSalesMonth(r.Context(), &customerv1.GetSalesMonthRequest{Name: m.GetName()})
		require.NoError(r, err)
		requireProto(r, m, got)
	}
	_, err := b.GetSalesMonth(r.Context(), &customerv1.GetSalesMonthRequest{Name: insightOf(asked) + "/salesMonths/1999-12"})
	require.Equal(r, codes.NotFound, errs.KindOf(err))
	for _, s := range want {
		got, err := b.GetRfmScore(r.Context(), &customerv1.GetRfmScoreRequest{Name: s.GetName()})
		require.NoError(r, err)
		requireProto(r, s, got)
	}
	for _, nobody := range []string{"nobody", "1", "2", "3"} {
		name := insightOf(currency) + scores + nobody
		if slices.ContainsFunc(want, func(s *customerv1.RfmScore) bool { return s.GetName() == name }) {
			continue
		}
		_, err := b.GetRfmScore(r.Context(), &customerv1.GetRfmScoreRequest{Name: name})
		require.Equal(r, codes.NotFound, errs.KindOf(err), name)
	}
}

// TestScoresAreWholeFifthsBelow compares the floors with a count, for all numbers of customers and any ties.
func TestScoresAreWholeFifthsBelow(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-3, rapid.Int64Range(1, 40).Draw(r, "most")), 1, 60).Draw(r, "values")
		sorted := slices.Sorted(slices.Values(values))
		for _, mine := range values {
			score, below := 1, 0
			for _, place := range ranks(int64(len(values))) {
				if mine > sorted[place] {
					score++
				}
			}
			for _, other := range values {
				if other < mine {
					below++
				}
			}
			require.Equal(r, 1+below*5/len(values), score)
		}
	})
}

// book are orders of ten customers who all differ.
func book() (all model) {
	for i := range 10 {
		for n := range i/2 + 1 {
			all = append(all, order{
				id: fmt.Sprint("o-", i, "-", n), customer: fmt.Sprint("customers/c", i), currency: "EUR", imported: true,
				at: january.AddDate(0, n, i), came: int64(100 + (i*7)%10), unitsThatCame: int64(1 + i%3),
			})
		}
	}
	return all
}

func TestScoresAreFilteredAndOrdered(t *testing.T) {
	all := book()
	at := func(s *customerv1.RfmScore) int64 { return s.GetLastOrderTime().AsTime().UnixMicro() }
	cents := func(s *customerv1.RfmScore) int64 {
		return s.GetTotalAmount().GetUnits()*100 + int64(s.GetTotalAmount().GetNanos()/1e7)
	}
	cases := map[string]struct {
		filter, order string
		keep          func(*customerv1.RfmScore) bool
		by            func(a, b *customerv1.RfmScore) int
	}{
		"the best of all": {
			"recency_score >= 4 AND frequency_score >= 4 AND monetary_score >= 3", "total_amount desc",
			func(s *customerv1.RfmScore) bool {
				return s.GetRecencyScore() >= 4 && s.GetFrequencyScore() >= 4 && s.GetMonetaryScore() >= 3
			},
			func(a, b *customerv1.RfmScore) int { return -cmp.Compare(cents(a), cents(b)) },
		},
		"once, and not come back": {
			`order_count = 1 AND last_order_time < "1997-01-02T00:00:00Z"`, "last_order_time",
			func(s *customerv1.RfmScore) bool {
				return s.GetOrderCount() == 1 && s.GetLastOrderTime().AsTime().Before(january.AddDate(0, 0, 1))
			},
			func(a, b *customerv1.RfmScore) int { return cmp.Compare(at(a), at(b)) },
		},
		"one of them": {
			`customer = "customers/c3" OR unit_count > 8`, "customer desc",
			func(s *customerv1.RfmScore) bool { return s.GetCustomer() == "customers/c3" || s.GetUnitCount() > 8 },
			func(a, b *customerv1.RfmScore) int { return -strings.Compare(a.GetCustomer(), b.GetCustomer()) },
		},
		"the faithful first": {
			`first_order_time >= "1997-01-03T00:00:00Z"`, "order_count desc, customer",
			func(s *customerv1.RfmScore) bool {
				return !s.GetFirstOrderTime().AsTime().Before(january.AddDate(0, 0, 2))
			},
			func(a, b *customerv1.RfmScore) int { return -cmp.Compare(a.GetOrderCount(), b.GetOrderCount()) },
		},
	}
	onBoth(t, func(t *testing.T, b *bench) {
		for _, o := range all {
			b.hears(t, o.facts()...)
		}
		for name, c := range cases {
			want := slices.DeleteFunc(all.scores("EUR"), func(s *customerv1.RfmScore) bool { return !c.keep(s) })
			desc := strings.HasSuffix(c.order, "desc")
			slices.SortFunc(want, func(a, b *customerv1.RfmScore) int {
				tie := strings.Compare(a.GetCustomer(), b.GetCustomer())
				if desc {
					tie = -tie
				}
				return cmp.Or(c.by(a, b), tie)
			})
			require.NotEmpty(t, want, name)
			requireProtos(t, want, b.all(t, &customerv1.ListRfmScoresRequest{Filter: c.filter, OrderBy: c.order, PageSize: 2}), name)
		}
	})
}

func TestNothingHasBeenSold(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		require.True(t, proto.Equal(&customerv1.RfmReport{Name: "insights/default/rfmReport"}, b.report(t, "")))
		require.Empty(t, b.all(t, &customerv1.ListRfmScoresRequest{}))
		require.Empty(t, b.months(t, "", 10))
		_, err := b.GetRfmScore(t.Context(), &customerv1.GetRfmScoreRequest{Name: "insights/default" + scores + "olena"})
		require.Equal(t, codes.NotFound, errs.KindOf(err))
	})
}

func TestWhatIsNoCurrencyIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		_, report := b.GetRfmReport(t.Context(), &customerv1.GetRfmReportRequest{Name: "insights/AAA/rfmReport"})
		_, score := b.GetRfmScore(t.Context(), &customerv1.GetRfmScoreRequest{Name: "insights/AAA/rfmScores/olena"})
		_, list := b.ListRfmScores(t.Context(), &customerv1.ListRfmScoresRequest{Parent: "insights/AAA"})
		_, months := b.ListSalesMonths(t.Context(), &customerv1.ListSalesMonthsRequest{Parent: "insights/AAA"})
		_, month := b.GetSalesMonth(t.Context(), &customerv1.GetSalesMonthRequest{Name: "insights/AAA/salesMonths/1997-01"})
		for _, err := range []error{report, score, list, months, month} {
			require.Equal(t, codes.InvalidArgument, errs.KindOf(err))
			require.ErrorContains(t, err, "insights/EUR")
		}
	})
}

// TestFactsThatSayNothing are from before their fields were, or of nobody.
func TestFactsThatSayNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.hears(t,
			said{january, &orderv1.OrderPlaced{Order: "orders/1", Customer: "customers/1"}},
			said{january, &orderv1.OrderDelivered{Order: "orders/2", Customer: "customers/1"}},
			said{january, &orderv1.OrderCancelled{Order: "orders/3"}},
			said{january, &orderv1.OrdersImported{}},
		)
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from purchase`))
		require.Zero(t, kittest.Number(t, b.db, `select count(*) from timer`), "nothing has failed")
	})
}

// TestABatchOfImportedOrders has more orders than one statement names, some of them twice and some of nobody.
func TestABatchOfImportedOrders(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		imported, all := &orderv1.OrdersImported{}, model{}
		for i := range 1000 {
			o := order{
				id: fmt.Sprint("o", i), customer: fmt.Sprint("customers/", i*7%300), currency: "EUR", imported: true,
				at: january.AddDate(0, 0, i%90), came: int64(i % 17), unitsThatCame: 1,
			}
			if i%50 == 0 {
				o.customer = ""
			}
			all = append(all, o)
			imported.Orders = append(imported.Orders, o.asImported())
		}
		imported.Orders = append(imported.Orders, imported.Orders[10:20]...)
		b.hears(t, said{january, imported})
		requireProto(t, all.report("EUR"), b.report(t, ""))
		requireProtos(t, all.scores("EUR"), b.all(t, &customerv1.ListRfmScoresRequest{PageSize: 100}))
	})
}
