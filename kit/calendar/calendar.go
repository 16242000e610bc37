// Package calendar counts opening hours: when it is open, when it opens next, and when so much opening time has gone by. Hours are those
// of the clock on the wall in a time zone: a night shift is an hour shorter or longer where the clock is put forward or back.
package calendar

import (
	"slices"
	"time"
)

// Day is a day of the year, in the calendar's zone.
type Day struct {
	Year  int // 0 for every year
	Month time.Month
	Day   int
}

// Hours are from a time of day to a later one, in minutes since midnight, 0 to 1440.
type Hours struct{ From, To int }

// Calendar says when it is open.
type Calendar struct {
	// Zone is where the hours are; nil is UTC.
	Zone *time.Location
	// Weekly are the hours of each day of the week, Sunday first.
	Weekly [7][]Hours
	// Holidays are the days with other hours; none means closed. Of two entries for a day, the one with a year counts.
	Holidays map[Day][]Hours
}

// horizon is how far ahead an opening is looked for: what is closed for so long is taken to be closed for ever.
const horizon = 2 * 366

// Open tells whether it is open at a moment.
func (c Calendar) Open(at time.Time) bool {
	for _, span := range c.spans(at.In(c.zone())) {
		if !at.Before(span.from) && at.Before(span.to) {
			return true
		}
	}
	return false
}

// Next is the moment itself where it is open then, or else when it opens next. There is none where it does not open within two years.
func (c Calendar) Next(at time.Time) (opens time.Time, ok bool) {
	c.walk(at, func(s span) bool {
		opens, ok = s.from, true
		return false
	})
	return opens, ok
}

// Add is when so much opening time has gone by after a moment. There is none where it does not open long enough within two years of
// days without any hours.
func (c Calendar) Add(at time.Time, open time.Duration) (end time.Time, ok bool) {
	if open <= 0 {
		return at, true
	}
	c.walk(at, func(s span) bool {
		if length := s.to.Sub(s.from); length < open {
			open -= length
			return true
		}
		end, ok = s.from.Add(open), true
		return false
	})
	return end, ok
}

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

type span struct{ from, to time.Time }

// walk visits what is open after a moment, in order, until it is told to stop or nothing has been open for very long.
func (c Calendar) walk(at time.Time, visit func(span) bool) {
	day := at.In(c.zone())
	for closed := 0; closed < horizon; day = midnight(day, 1) {
		spans := c.spans(day)
		closed++
		for _, s := range spans {
			if s.from.Before(at) {
				s.from = at
			}
			if !s.from.Before(s.to) {
				continue
			}
			closed = 0
			if !visit(s) {
				return
			}
		}
	}
}

// midnight is the beginning of the day so many days after that of a moment.
func midnight(of time.Time, days int) time.Time {
	return time.Date(of.Year(), of.Month(), of.Day()+days, 0, 0, 0, 0, of.Location())
}

// spans are when it is open on the day of a moment, in order, without overlaps.
func (c Calendar) spans(of time.Time) (spans []span) {
	for _, h := range merged(c.hours(of)) {
		s := span{wall(of, h.From), wall(of, h.To)}
		if s.from.Before(s.to) { // not where the clock is put forward over all of it
			spans = append(spans, s)
		}
	}
	return spans
}

// wall is a time of day in minutes on the day of a moment, as the clock on the wall shows it.
func wall(of time.Time, minutes int) time.Time {
	return time.Date(of.Year(), of.Month(), of.Day(), 0, minutes, 0, 0, of.Location())
}

func (c Calendar) hours(of time.Time) []Hours {
	for _, year := range []int{of.Year(), 0} {
		if hours, holiday := c.Holidays[Day{year, of.Month(), of.Day()}]; holiday {
			return hours
		}
	}
	return c.Weekly[of.Weekday()]
}

// merged are hours in order, those that touch or overlap made one.
func merged(hours []Hours) (all []Hours) {
	hours = slices.Clone(hours)
	slices.SortFunc(hours, func(a, b Hours) int { return a.From - b.From })
	for _, h := range hours {
		if last := len(all) - 1; last >= 0 && h.From <= all[last].To {
			all[last].To = max(all[last].To, h.To)
			continue
		}
		all = append(all, h)
	}
	return all
}

// Without are hours less breaks.
func Without(hours, breaks []Hours) []Hours {
	left := merged(hours)
	for _, b := range breaks {
		var next []Hours
		for _, h := range left {
			for _, part := range []Hours{{h.From, min(h.To, b.From)}, {max(h.From, b.To), h.To}} {
				if part.From < part.To {
					next = append(next, part)
				}
			}
		}
		left = next
	}
	return left
}
