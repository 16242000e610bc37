package timeline

import (
	"maps"
	"slices"
	"time"
)

// Entries are committed out of the order in which they became known: one transaction takes longer than another, and
// replicas' clocks differ. So a stream looks back over what became known within the last ten seconds, and remembers what of
// that it has sent. A transaction has long ended by then, one way or the other.
const lookBack = 10 * time.Second

// mostRemembered bounds what a stream remembers. A customer to whom more happens within ten seconds is looked back on for less.
const mostRemembered = 20_000

// tail is how far a stream has come.
type tail struct {
	from int64            // when the oldest entries became known that may still be news, in microseconds
	sent map[string]int64 // those since then that are no news any more, and when they became known
}

func newTail(from int64) *tail { return &tail{from: from, sent: map[string]int64{}} }

// take tells whether an entry is news, and notes that it no longer is. What became known before the horizon is not noted: the
// caller is about to let go of it, and will not meet it again.
func (t *tail) take(id string, known, horizon int64) bool {
	if _, sent := t.sent[id]; sent {
		return false
	}
	if known >= horizon {
		t.sent[id] = known
	}
	return true
}

// letGo says that what became known before the horizon has all been met.
func (t *tail) letGo(horizon int64) {
	t.from = max(t.from, horizon)
	if len(t.sent) > mostRemembered {
		times := slices.Sorted(maps.Values(t.sent))
		t.from = max(t.from, times[len(times)-mostRemembered])
	}
	maps.DeleteFunc(t.sent, func(_ string, known int64) bool { return known < t.from })
}
