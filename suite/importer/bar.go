package importer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// blocks is how long a bar is. With what stands beside it, it fits into 80 columns.
const blocks = 20

// Bar shows progress in one line of a terminal.
func Bar(p Progress) string {
	done := 0
	if percent := p.Percent(); percent > 0 {
		done = percent * blocks / 100
	}
	return strings.Join(append([]string{string(p.Phase), strings.Repeat("█", done) + strings.Repeat("░", blocks-done)}, facts(p)...), "  ")
}

// Line tells progress in one line of a log.
func Line(p Progress) string { return string(p.Phase) + ": " + strings.Join(facts(p), ", ") }

// facts are what is known: how much, how fast, and how long the rest takes.
func facts(p Progress) []string {
	var all []string
	if percent := p.Percent(); percent >= 0 {
		all = append(all, fmt.Sprintf("%3d %%", percent))
	}
	if p.Phase == Importing {
		all = append(all, rows(p.Rows))
	} else {
		all = append(all, size(float64(p.Done)))
	}
	switch rate := int64(math.Round(p.RowsPerSecond)); {
	case p.Paused:
		return append(all, "paused")
	case rate > 0:
		all = append(all, rows(rate)+"/s")
	case p.Phase == Uploading && p.BytesPerSecond > 0:
		all = append(all, size(p.BytesPerSecond)+"/s")
	}
	if left := p.Left(); left > 0 {
		all = append(all, span(left)+" left")
	}
	return all
}

func rows(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return Count(n) + " rows"
}

// Count writes a number with commas between its thousands.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// size writes a number of bytes.
func size(bytes float64) string {
	unit := 0
	for bytes >= 999.5 && unit < 3 {
		bytes, unit = bytes/1000, unit+1
	}
	name := []string{"B", "kB", "MB", "GB"}[unit]
	if unit == 0 || bytes >= 99.95 {
		return fmt.Sprintf("%.0f %s", bytes, name)
	}
	return fmt.Sprintf("%.1f %s", bytes, name)
}

// span writes a time that is left, in whole seconds and never as none.
func span(d time.Duration) string {
	s := int64(math.Ceil(d.Seconds()))
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	}
}
