package timeline

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestATailMeetsEverythingOnce lets entries be committed up to ten seconds after they became known, and looks now and then:
// whatever is committed is met, once, and what is remembered stays small.
func TestATailMeetsEverythingOnce(t *testing.T) {
	window := lookBack.Microseconds()
	rapid.Check(t, func(r *rapid.T) {
		type written struct{ known, committed int64 }
		entries := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) written {
			known := rapid.Int64Range(0, 6*window).Draw(r, "known")
			return written{known, known + rapid.Int64Range(0, window).Draw(r, "late")}
		}), 0, 40).Draw(r, "entries")
		looks := rapid.SliceOfN(rapid.Int64Range(0, 2*window), 0, 20).Draw(r, "time between looks")
		looks = append(looks, 7*window) // at the end all is committed

		tail, met, now := newTail(0), map[string]int{}, int64(0)
		for _, pause := range looks {
			now += pause
			for i, e := range entries {
				name := fmt.Sprint(i)
				if e.committed <= now && e.known >= tail.from && tail.take(name, e.known, now-window) {
					met[name]++
				}
			}
			tail.letGo(now - window)
			for name, known := range tail.sent {
				require.GreaterOrEqual(r, known, now-window, "entry %s need not be remembered", name)
			}
		}
		for i, e := range entries {
			require.Equal(r, 1, met[fmt.Sprint(i)], "entry %d, known at %d, committed at %d", i, e.known, e.committed)
		}
	})
}

func TestATailRemembersSoMuchOnly(t *testing.T) {
	tail := newTail(0)
	for i := range mostRemembered + 100 {
		require.True(t, tail.take(fmt.Sprint(i), int64(i), 0))
	}
	tail.letGo(0)
	require.Len(t, tail.sent, mostRemembered)
	require.EqualValues(t, 100, tail.from, "what is forgotten is not looked at again")
}
