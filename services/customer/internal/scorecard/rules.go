package scorecard

import (
	"cmp"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/type/date"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// monthOf is the first moment of a time's month in a zone.
func monthOf(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, zone)
}

// monthsUntil are the first moments of so many months, of which now's is the last, and that of the month after it.
func monthsUntil(now time.Time, count int, zone *time.Location) []time.Time {
	months, last := make([]time.Time, count+1), now.In(zone)
	for i := range months {
		months[i] = time.Date(last.Year(), last.Month()+time.Month(i+1-count), 1, 0, 0, 0, 0, zone)
	}
	return months
}

func firstDay(month time.Time) *date.Date {
	return &date.Date{Year: int32(month.Year()), Month: int32(month.Month()), Day: 1}
}

// promisesByMonth puts counts together, the latest month first and in it the kinds by name.
func promisesByMonth(counts []promises, zone *time.Location) []*customerv1.Scorecard_PromiseCount {
	type key struct {
		month time.Time
		kind  string
	}
	sums := map[key]*customerv1.Scorecard_PromiseCount{}
	for _, d := range counts {
		if d.count == 0 {
			continue
		}
		k := key{monthOf(d.due, zone), d.kind}
		if sums[k] == nil {
			sums[k] = &customerv1.Scorecard_PromiseCount{Month: firstDay(k.month), Kind: d.kind}
		}
		add(sums[k], d)
	}
	return sorted(sums, func(a, b key) int { return cmp.Or(b.month.Compare(a.month), cmp.Compare(a.kind, b.kind)) })
}

func add(sum *customerv1.Scorecard_PromiseCount, d promises) {
	sum.MadeCount += d.count
	switch d.state {
	case customerv1.Promise_KEPT:
		sum.KeptCount += d.count
	case customerv1.Promise_BROKEN:
		sum.BrokenCount += d.count
	case customerv1.Promise_RELEASED:
		sum.ReleasedCount += d.count
	default:
		sum.OpenCount += d.count
	}
}

// cancellationsByMonth are counts by month, the latest first.
func cancellationsByMonth(counts []cancellations, zone *time.Location) []*customerv1.Scorecard_CancellationCount {
	sums := map[time.Time]*customerv1.Scorecard_CancellationCount{}
	for _, d := range counts {
		m := monthOf(d.at, zone)
		if sums[m] == nil {
			sums[m] = &customerv1.Scorecard_CancellationCount{Month: firstDay(m)}
		}
		sums[m].CancelledCount += d.count
		sums[m].SilentCount += d.silent
	}
	return sorted(sums, func(a, b time.Time) int { return b.Compare(a) })
}

// sorted are the map's values, by their keys.
func sorted[K comparable, V any](of map[K]V, order func(a, b K) int) []V {
	keys := make([]K, 0, len(of))
	for k := range of {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, order)
	values := make([]V, len(keys))
	for i, k := range keys {
		values[i] = of[k]
	}
	return values
}
