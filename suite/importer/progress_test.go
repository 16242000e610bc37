package importer

import (
	"math/rand/v2"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestBarsAndLines(t *testing.T) {
	for _, c := range []struct {
		p         Progress
		bar, line string
	}{
		{Progress{Phase: Uploading, Total: 24_600_000}, "upload  ░░░░░░░░░░░░░░░░░░░░    0 %  0 B", "upload:   0 %, 0 B"},
		{Progress{Phase: Uploading, Done: 12_300_000, Total: 24_600_000, BytesPerSecond: 5_120_000},
			"upload  ██████████░░░░░░░░░░   50 %  12.3 MB  5.1 MB/s  3 s left", "upload:  50 %, 12.3 MB, 5.1 MB/s, 3 s left"},
		{Progress{Phase: Uploading, Done: 999, Total: -1, BytesPerSecond: 400},
			"upload  ░░░░░░░░░░░░░░░░░░░░  999 B  400 B/s", "upload: 999 B, 400 B/s"},
		{Progress{Phase: Importing, Done: 345, Total: 1000, Rows: 34_500, BytesPerSecond: 8.6, RowsPerSecond: 8600.4},
			"import  ██████░░░░░░░░░░░░░░   34 %  34,500 rows  8,600 rows/s  1 min 17 s left", "import:  34 %, 34,500 rows, 8,600 rows/s, 1 min 17 s left"},
		{Progress{Phase: Importing, Done: 1, Total: 60_000_000, Rows: 1, BytesPerSecond: 6000, RowsPerSecond: 100},
			"import  ░░░░░░░░░░░░░░░░░░░░    0 %  1 row  100 rows/s  2 h 46 min left", "import:   0 %, 1 row, 100 rows/s, 2 h 46 min left"},
		{Progress{Phase: Importing, Done: 345, Total: 1000, Rows: 1_234_567, Paused: true, BytesPerSecond: 8, RowsPerSecond: 9},
			"import  ██████░░░░░░░░░░░░░░   34 %  1,234,567 rows  paused", "import:  34 %, 1,234,567 rows, paused"},
		{Progress{Phase: Importing, Done: 999, Total: 1000, Rows: 999}, "import  ███████████████████░   99 %  999 rows", "import:  99 %, 999 rows"},
		{Progress{Phase: Importing, Done: 1000, Total: 1000, Rows: 1000, BytesPerSecond: 1, RowsPerSecond: 0.4},
			"import  ████████████████████  100 %  1,000 rows", "import: 100 %, 1,000 rows"},
	} {
		require.Equal(t, c.bar, Bar(c.p))
		require.Equal(t, c.line, Line(c.p))
	}
}

// A bar that were broken into two lines could not be written over. An import has 64 MiB at most; a row, two bytes at least.
func TestBarsFitIntoALine(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		p := Progress{
			Phase: []Phase{Uploading, Importing}[random.IntN(2)], Done: random.Int64N(64<<20 + 1), Total: random.Int64N(64<<20) - 1,
			Rows: random.Int64N(32 << 20), BytesPerSecond: 200 + random.Float64()*1e10, RowsPerSecond: random.Float64() * 1e6,
		}
		require.Less(t, utf8.RuneCountInString(Bar(p)), 80, Bar(p))
		require.LessOrEqual(t, p.Percent(), 100)
		require.GreaterOrEqual(t, p.Percent(), -1)
	}
}

func TestRatesAreThoseOfLately(t *testing.T) {
	var m meter
	now := time.Unix(1_800_000_000, 0)
	at := func(second, done int64) Progress {
		return m.note(now.Add(time.Duration(second)*time.Second), Progress{Phase: Importing, Done: done, Total: 10_000, Rows: done / 10})
	}
	require.Zero(t, at(0, 5000).BytesPerSecond, "what was done before it was followed says nothing")
	require.Zero(t, m.note(now.Add(time.Millisecond), Progress{Done: 5099}).BytesPerSecond, "a moment says nothing")
	require.InDelta(t, 100, at(1, 5100).BytesPerSecond, 1e-9)
	require.InDelta(t, 10, at(2, 5200).RowsPerSecond, 1e-9)
	at(100, 5200) // it was paused
	p := at(110, 6200)
	require.InDelta(t, 100, p.BytesPerSecond, 1e-9)
	require.Equal(t, 38*time.Second, p.Left())
	for i := range int64(100_000) {
		m.note(now.Add(200*time.Second+time.Duration(i)*time.Millisecond), Progress{Done: i})
	}
	require.Less(t, len(m.seen), 50)
}

func TestTheUnitsOfSizes(t *testing.T) {
	for bytes, want := range map[float64]string{0: "0 B", 999: "999 B", 999.6: "1.0 kB", 1000: "1.0 kB", 99_940: "99.9 kB", 99_960: "100 kB",
		999_499: "999 kB", 999_600: "1.0 MB", 67_108_864: "67.1 MB", 12e9: "12.0 GB"} {
		require.Equal(t, want, size(bytes))
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567"} {
		require.Equal(t, want, Count(n))
	}
}
