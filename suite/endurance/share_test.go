package endurance_test

import (
	"fmt"
	"hash/fnv"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// share is the part of the failpoints that a run kills at: all of them, or, as 2 of 5, those of one part. A point is in the same part
// in every run, so that five runs with different parts have killed at each.
type share struct{ part, parts uint32 }

// shareOfRun is the share that KEPT_KILL_SHARE says, such as 2/5; all when it says nothing.
func shareOfRun(t *testing.T) share {
	t.Helper()
	text := os.Getenv("KEPT_KILL_SHARE")
	if text == "" {
		return share{0, 1}
	}
	return parseShare(t, text)
}

func parseShare(t *testing.T, text string) share {
	t.Helper()
	var s share
	_, err := fmt.Sscanf(text, "%d/%d", &s.part, &s.parts)
	require.NoError(t, err, "KEPT_KILL_SHARE is a part of parts, counted from 0, such as 2/5: %q", text)
	require.Less(t, s.part, s.parts, "KEPT_KILL_SHARE counts parts from 0: %q", text)
	return s
}

func (s share) of(points []point) (mine []point) {
	for _, p := range points {
		sum := fnv.New32a()
		fmt.Fprintf(sum, "%s %s %v", p.program, p.name, p.busLost)
		if sum.Sum32()%s.parts == s.part {
			mine = append(mine, p)
		}
	}
	return mine
}

func (s share) String() string { return fmt.Sprintf("%d of %d", s.part+1, s.parts) }

func TestFiveSharesAreAllFailpoints(t *testing.T) {
	var all, found []point
	for i := range 100 {
		all = append(all, point{program: "order", name: fmt.Sprint("outbox.", i), busLost: i%7 == 0})
	}
	for i := range 5 {
		mine := parseShare(t, fmt.Sprintf("%d/5", i)).of(all)
		require.Less(t, len(mine), 40, "no share is much more than a fifth")
		found = append(found, mine...)
	}
	require.ElementsMatch(t, all, found)
}
