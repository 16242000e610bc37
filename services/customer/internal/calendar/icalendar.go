package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
	"google.golang.org/genproto/googleapis/type/date"

	"kept.dev/kit/text"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

const (
	// repeatedFor is how far ahead events are read that repeat.
	repeatedFor = 3 * 366 * 24 * time.Hour
	// mostRepeating is how many events may repeat by the year or month. Each is counted out, day by day as far as a rule that never comes
	// true leads; one that repeats by the week or day counts as ten.
	mostRepeating = 100
	// longestEvent is how many days of one event are holidays.
	longestEvent = 60
	// longestName is how long a holiday's name is, in characters, as its contract says.
	longestName = 100
)

// readICalendar reads the whole-day events of an iCalendar file, each day of them a holiday. Events with a time of day are passed over.
func readICalendar(content string, now time.Time) (holidays []*customerv1.Calendar_Holiday, err error) {
	calendar, err := ical.NewDecoder(strings.NewReader(content)).Decode()
	if err != nil {
		return nil, err
	}
	repeating := 0
	for i, event := range calendar.Events() {
		if repeating += effort(event); repeating > mostRepeating {
			return nil, fmt.Errorf("it has more than %d events that repeat by the year or month, or %d by the week or day", mostRepeating, mostRepeating/10)
		}
		start := event.Props.Get(ical.PropDateTimeStart)
		if start == nil {
			return nil, fmt.Errorf("the event %d has no DTSTART", i+1)
		}
		if start.ValueType() != ical.ValueDate {
			continue
		}
		days, err := daysOf(event, now)
		if err != nil {
			return nil, fmt.Errorf("the event %d: %w", i+1, err)
		}
		name, err := event.Props.Text(ical.PropSummary)
		if err != nil {
			return nil, fmt.Errorf("the event %d: %w", i+1, err)
		}
		for _, day := range days {
			holidays = append(holidays, &customerv1.Calendar_Holiday{Date: day, DisplayName: shortened(text.OneLine(name))})
		}
		if len(holidays) > mostHolidays {
			return nil, fmt.Errorf("it has more than %d holidays", mostHolidays)
		}
	}
	return holidays, nil
}

// effort is how many events that repeat an event counts for.
func effort(event ical.Event) int {
	rule, err := event.Props.RecurrenceRule()
	switch {
	case err != nil || rule == nil:
		return 0
	case rule.Freq > rrule.MONTHLY:
		return 10
	default:
		return 1
	}
}

// daysOf are the days of an event. One that comes back every year on its day is a day of every year.
func daysOf(event ical.Event, now time.Time) ([]*date.Date, error) {
	from, err := event.DateTimeStart(time.UTC)
	if err != nil {
		return nil, err
	}
	to, err := event.DateTimeEnd(time.UTC)
	if err != nil {
		return nil, err
	}
	if to.Before(from) {
		return nil, errors.New("it ends before it begins")
	}
	length := max(1, int(to.Sub(from).Hours()/24))
	if length > longestEvent {
		return nil, fmt.Errorf("it lasts %d days; at most %d can be holidays", length, longestEvent)
	}
	rule, err := event.Props.RecurrenceRule()
	switch {
	case err != nil:
		return nil, err
	case rule == nil:
		return daysFrom(from, length, false), nil
	case strings.EqualFold(event.Props.Get(ical.PropRecurrenceRule).Value, "FREQ=YEARLY"):
		return daysFrom(from, length, true), nil
	}
	starts, err := repeated(event, rule, from, now.Add(repeatedFor))
	if err != nil {
		return nil, err
	}
	var days []*date.Date
	for _, at := range starts {
		days = append(days, daysFrom(at, length, false)...)
	}
	return days, nil
}

// repeated are the days on which an event begins again, less its exceptions.
func repeated(event ical.Event, option *rrule.ROption, from, until time.Time) (starts []time.Time, err error) {
	if option.Freq > rrule.DAILY {
		return nil, errors.New("it repeats more than once a day")
	}
	option.Dtstart = from
	if option.Until.IsZero() || option.Until.After(until) {
		option.Until = until
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, err
	}
	except := map[string]bool{}
	for _, p := range event.Props[ical.PropExceptionDates] {
		at, err := p.DateTime(time.UTC)
		if err != nil {
			return nil, err
		}
		except[at.Format(time.DateOnly)] = true
	}
	next := rule.Iterator()
	for at, ok := next(); ok; at, ok = next() {
		if len(starts) > mostHolidays {
			return nil, errors.New("it repeats too often")
		}
		if !except[at.Format(time.DateOnly)] {
			starts = append(starts, at)
		}
	}
	return starts, nil
}

func daysFrom(from time.Time, count int, everyYear bool) (days []*date.Date) {
	for i := range count {
		day := from.AddDate(0, 0, i)
		d := &date.Date{Year: int32(day.Year()), Month: int32(day.Month()), Day: int32(day.Day())}
		if everyYear {
			d.Year = 0
		}
		days = append(days, d)
	}
	return days
}

func shortened(name string) string {
	if runes := []rune(name); len(runes) > longestName {
		return string(runes[:longestName])
	}
	return name
}
