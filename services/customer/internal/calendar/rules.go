package calendar

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/genproto/googleapis/type/timeofday"

	"kept.dev/kit/calendar"
	"kept.dev/kit/errs"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Hours are a calendar's, to count with.
func Hours(c *customerv1.Calendar) (calendar.Calendar, error) {
	zone, err := time.LoadLocation(c.GetTimeZone())
	if err != nil {
		return calendar.Calendar{}, fmt.Errorf("time zone of %s: %w", c.GetName(), err)
	}
	counted := calendar.Calendar{Zone: zone, Holidays: map[calendar.Day][]calendar.Hours{}}
	for _, shift := range c.GetShifts() {
		open := calendar.Without([]calendar.Hours{minutes(shift.GetHours())}, allMinutes(shift.GetBreaks()))
		for _, day := range shift.GetDays() {
			weekday := int(day) % 7 // DayOfWeek begins with Monday as 1, and Sunday is 7
			counted.Weekly[weekday] = append(counted.Weekly[weekday], open...)
		}
	}
	for _, h := range c.GetHolidays() {
		day := calendar.Day{Year: int(h.GetDate().GetYear()), Month: time.Month(h.GetDate().GetMonth()), Day: int(h.GetDate().GetDay())}
		counted.Holidays[day] = allMinutes(h.GetHours())
	}
	return counted, nil
}

func allMinutes(all []*customerv1.Calendar_Hours) []calendar.Hours {
	hours := make([]calendar.Hours, len(all))
	for i, h := range all {
		hours[i] = minutes(h)
	}
	return hours
}

func minutes(h *customerv1.Calendar_Hours) calendar.Hours {
	return calendar.Hours{From: minuteOf(h.GetStartTime()), To: minuteOf(h.GetEndTime())}
}

func minuteOf(t *timeofday.TimeOfDay) int { return int(t.GetHours())*60 + int(t.GetMinutes()) }

// check names what of a calendar can't be.
func check(c *customerv1.Calendar) error {
	var faults faults
	if zone := c.GetTimeZone(); zone != "" {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			faults.add("calendar.time_zone", "must be an IANA time zone, such as Europe/Kyiv")
		}
	}
	for i, shift := range c.GetShifts() {
		at := fmt.Sprintf("calendar.shifts[%d]", i)
		if !faults.hours(at+".hours", shift.GetHours()) {
			continue
		}
		whole := minutes(shift.GetHours())
		for j, pause := range shift.GetBreaks() {
			at := fmt.Sprintf("%s.breaks[%d]", at, j)
			if faults.hours(at, pause) && (minutes(pause).From < whole.From || minutes(pause).To > whole.To) {
				faults.add(at, "must be within the shift's hours")
			}
		}
	}
	var days []string
	for i, h := range c.GetHolidays() {
		at := fmt.Sprintf("calendar.holidays[%d]", i)
		switch day := dateText(h); {
		case !isDay(h.GetDate()):
			faults.add(at+".date", "must be a day that there is, with a year or for every year")
		case slices.Contains(days, day):
			faults.add(at+".date", "is there twice")
		default:
			days = append(days, day)
		}
		for j, open := range h.GetHours() {
			faults.hours(fmt.Sprintf("%s.hours[%d]", at, j), open)
		}
	}
	if len(faults) > 0 {
		return errs.InvalidFields(faults...)
	}
	return nil
}

type faults []errs.Field

func (f *faults) add(path, description string) {
	*f = append(*f, errs.Field{Path: path, Description: description})
}

// hours tells whether these are hours of a day, to the minute.
func (f *faults) hours(path string, h *customerv1.Calendar_Hours) bool {
	before := len(*f)
	f.minute(path+".start_time", h.GetStartTime())
	f.minute(path+".end_time", h.GetEndTime())
	if len(*f) == before && minuteOf(h.GetStartTime()) >= minuteOf(h.GetEndTime()) {
		f.add(path+".end_time", "must be after start_time; a night shift is two, until 24:00 and from 0:00")
	}
	return len(*f) == before
}

func (f *faults) minute(path string, t *timeofday.TimeOfDay) {
	if t.GetHours() < 0 || t.GetMinutes() < 0 || t.GetMinutes() > 59 || minuteOf(t) > 24*60 || t.GetSeconds() != 0 || t.GetNanos() != 0 {
		f.add(path, "must be a time of day to the minute, 0:00 to 24:00")
	}
}

// isDay tells whether there is such a day; without a year, in any.
func isDay(d *date.Date) bool {
	year := int(d.GetYear())
	if year == 0 {
		year = 2000 // a leap year
	}
	day := time.Date(year, time.Month(d.GetMonth()), int(d.GetDay()), 0, 0, 0, 0, time.UTC)
	return year >= 1 && year <= 9999 && day.Year() == year && int32(day.Month()) == d.GetMonth() && int32(day.Day()) == d.GetDay()
}
