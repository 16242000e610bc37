package stock

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestUnitsAreSharedOutOnceAndTheFirstIsFirst(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		owed := rapid.SliceOfN(rapid.Int64Range(1, 9), 0, 9).Draw(r, "owed")
		units := rapid.Int64Range(1, 40).Draw(r, "units")
		var all []waiting
		locked := map[string]bool{}
		want := map[string]int64{}
		left := units
		for i, n := range owed {
			w := waiting{shortage: strconv.Itoa(i), order: strconv.Itoa(i), owed: n}
			all = append(all, w)
			if locked[w.order] = rapid.IntRange(0, 4).Draw(r, "locked") > 0; !locked[w.order] {
				continue
			}
			for range n { // one by one
				if left > 0 {
					want[w.shortage]++
					left--
				}
			}
		}
		got := map[string]int64{}
		for _, w := range share(all, locked, units) {
			require.Positive(r, w.owed)
			got[w.shortage] += w.owed
		}
		require.Equal(r, want, got)
	})
}
