package timer

import (
	"maps"
	"slices"
	"strings"
)

// The rest of queries for due outside timers. Kinds are names in the code, so they stand in the text.
const (
	dueOutside = ` from timer where not parked and outside = true and due <= $1 and leased <= $2`
	inTime     = ` order by due`
)

// dueOfKind finds the timers of a kind of which there are many: in the order of time the first are soon found. Kind is compared
// so that no index finds it: a database may take that for shorter, and would read every timer of the kind.
func dueOfKind(kind string) string { return dueOutside + ` and kind || '' = ` + quoted(kind) + inTime }

// dueOfFew finds those of kinds of which there are few among many of others: by their kind, and here it is the time that no index
// finds.
func dueOfFew(kinds []string) string {
	return ` from timer where not parked and outside and +due <= $1 and leased <= $2 and kind in ` + listed(kinds) + ` order by +due`
}

// dueBut finds those of all kinds but the given ones.
func dueBut(kinds []string) string { return dueOutside + ` and kind not in ` + listed(kinds) + inTime }

// strangersEvery is after how many looks the worker looks also for timers of kinds that it doesn't know, among many others.
const strangersEvery = 100

// dueAlone finds the timers that are called one by one.
func (w *Worker) dueAlone() string {
	if len(w.manyKinds) == 0 {
		return dueOutside + inTime
	}
	if w.looks++; w.looks%strangersEvery == 1 || len(w.outside) == 0 {
		return dueBut(w.manyKinds)
	}
	return dueOfFew(slices.Sorted(maps.Keys(w.outside)))
}

func listed(kinds []string) string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = quoted(k)
	}
	return `(` + strings.Join(all, `, `) + `)`
}

func quoted(kind string) string { return `'` + strings.ReplaceAll(kind, `'`, `''`) + `'` }
