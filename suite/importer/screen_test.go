package importer

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestScreens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bar, log bytes.Buffer
		terminal, other := NewScreen(&bar, true, "  "), NewScreen(&log, false, "")
		for i := range int64(200) { // ten seconds
			<-time.After(50 * time.Millisecond)
			p := Progress{Phase: Uploading, Done: i + 1, Total: 200}
			if i >= 120 {
				p = Progress{Phase: Importing, Done: i - 119, Total: 100, Rows: i}
			}
			terminal.Show(p)
			other.Show(p)
		}
		terminal.End()
		other.End()
		require.Equal(t, "upload:  50 %, 100 B\nimport:  80 %, 199 rows\n", log.String())
		require.Equal(t, 2, strings.Count(bar.String(), "\n"), "a line for each phase")
		require.LessOrEqual(t, strings.Count(bar.String(), "\r"), 102, "not more often than it can be seen")
		require.GreaterOrEqual(t, strings.Count(bar.String(), "\r"), 90)
		require.Contains(t, bar.String(), "\r  upload  ████████████░░░░░░░░   60 %  120 B\x1b[K\n", "a phase ends as it was at last")
		require.True(t, strings.HasSuffix(bar.String(), "\r  import  ████████████████░░░░   80 %  199 rows\x1b[K\n"), bar.String())
	})
}
