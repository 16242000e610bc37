package insight

import "time"

// monthOf is the month of a moment, in UTC, as the number 199701.
func monthOf(at time.Time) int64 {
	at = at.UTC()
	return int64(at.Year())*100 + int64(at.Month())
}
