package calendar

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/genproto/googleapis/type/dayofweek"
	"google.golang.org/genproto/googleapis/type/timeofday"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit"
	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

func onBoth(t *testing.T, test func(t *testing.T, ctx context.Context, s *Service)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.Migrate(t.Context(), os.DirFS("../../migrations"), "schema_version"))
		ctx := access.With(t.Context(), access.Principal{Role: accessv1.Role_ROLE_MANAGER, Subject: "managers/marta"})
		moved := &clock.Sandbox{}
		test(t, ctx, New(kit.Deps{DB: db, Clock: moved, Outbox: outbox.New("customer", moved)}))
	})
}

func hours(from, to int32) *customerv1.Calendar_Hours {
	return &customerv1.Calendar_Hours{StartTime: &timeofday.TimeOfDay{Hours: from}, EndTime: &timeofday.TimeOfDay{Hours: to}}
}

var weekdays = []dayofweek.DayOfWeek{
	dayofweek.DayOfWeek_MONDAY, dayofweek.DayOfWeek_TUESDAY, dayofweek.DayOfWeek_WEDNESDAY, dayofweek.DayOfWeek_THURSDAY, dayofweek.DayOfWeek_FRIDAY,
}

func desk() *customerv1.Calendar {
	return &customerv1.Calendar{
		DisplayName: "Service desk", TimeZone: "Europe/Kyiv",
		Shifts: []*customerv1.Calendar_Shift{
			{Days: weekdays, Hours: hours(9, 17), Breaks: []*customerv1.Calendar_Hours{hours(12, 13)}},
			{Days: []dayofweek.DayOfWeek{dayofweek.DayOfWeek_SUNDAY}, Hours: hours(22, 24)},
		},
		Holidays: []*customerv1.Calendar_Holiday{{Date: &date.Date{Month: 1, Day: 1}, DisplayName: "New Year"}},
	}
}

func create(ctx context.Context, s *Service, c *customerv1.Calendar) (*customerv1.Calendar, error) {
	return s.CreateCalendar(ctx, &customerv1.CreateCalendarRequest{CalendarId: "desk", Calendar: c})
}

func TestACalendarIsCountedBy(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		made, err := create(ctx, s, desk())
		require.NoError(t, err)
		got, err := s.GetCalendar(ctx, &customerv1.GetCalendarRequest{Name: made.GetName()})
		require.NoError(t, err)
		require.True(t, proto.Equal(made, got))
		kyiv, err := time.LoadLocation("Europe/Kyiv")
		require.NoError(t, err)
		at := func(text string) *timestamppb.Timestamp {
			moment, err := time.ParseInLocation("2006-01-02 15:04", text, kyiv)
			require.NoError(t, err)
			return timestamppb.New(moment)
		}
		due, err := s.ComputeDueTime(ctx, &customerv1.ComputeDueTimeRequest{
			Name: made.GetName(), StartTime: at("2026-12-31 16:00"), OpenDuration: durationpb.New(4 * time.Hour),
		})
		require.NoError(t, err)
		require.True(t, proto.Equal(&customerv1.ComputeDueTimeResponse{
			DueTime: at("2027-01-04 10:00"), Open: true, NextOpenTime: at("2026-12-31 16:00"),
		}, due), "%v: an hour on Thursday, none at New Year, two on Sunday night, one on Monday", due)
		due, err = s.ComputeDueTime(ctx, &customerv1.ComputeDueTimeRequest{Name: made.GetName(), StartTime: at("2026-12-05 10:00")})
		require.NoError(t, err)
		require.False(t, due.GetOpen())
		require.Equal(t, at("2026-12-06 22:00").AsTime(), due.GetNextOpenTime().AsTime())

		_, err = create(ctx, s, desk())
		require.Equal(t, codes.AlreadyExists, errs.KindOf(err))
		none, err := s.CreateCalendar(ctx, &customerv1.CreateCalendarRequest{CalendarId: "none", Calendar: &customerv1.Calendar{DisplayName: "Closed"}})
		require.NoError(t, err)
		require.Equal(t, "UTC", none.GetTimeZone(), "the company's")
		due, err = s.ComputeDueTime(ctx, &customerv1.ComputeDueTimeRequest{Name: none.GetName(), OpenDuration: durationpb.New(time.Hour)})
		require.NoError(t, err)
		require.True(t, proto.Equal(&customerv1.ComputeDueTimeResponse{}, due), "it never opens")
	})
}

func TestACalendarSaysWhatBecomesOfIt(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		made, err := create(ctx, s, desk())
		require.NoError(t, err)
		changed, err := s.UpdateCalendar(ctx, &customerv1.UpdateCalendarRequest{Calendar: &customerv1.Calendar{Name: made.GetName(), DisplayName: "Desk", Etag: "1"}})
		require.NoError(t, err)
		require.Equal(t, "2", changed.GetEtag())
		require.Len(t, changed.GetShifts(), 2)
		_, err = s.DeleteCalendar(ctx, &customerv1.DeleteCalendarRequest{Name: made.GetName()})
		require.NoError(t, err)
		rows, err := s.db.Query(ctx, `select type, version from outbox order by version`)
		require.NoError(t, err)
		var said []string
		for rows.Next() {
			var kind string
			var version int64
			require.NoError(t, rows.Scan(&kind, &version))
			said = append(said, strings.TrimPrefix(kind, "kept.customer.v1."))
			require.EqualValues(t, len(said), version)
		}
		require.Equal(t, []string{"CalendarChanged", "CalendarChanged", "CalendarDeleted"}, said)
	})
}

func TestWhatACalendarCannotBe(t *testing.T) {
	shift := func(change func(*customerv1.Calendar_Shift)) func(*customerv1.Calendar) {
		return func(c *customerv1.Calendar) { change(c.GetShifts()[0]) }
	}
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		for path, change := range map[string]func(*customerv1.Calendar){
			"time_zone":                  func(c *customerv1.Calendar) { c.TimeZone = "Europe/Atlantis" },
			"shifts[0].hours.end_time":   shift(func(s *customerv1.Calendar_Shift) { s.Hours = hours(17, 9) }),
			"shifts[0].hours.start_time": shift(func(s *customerv1.Calendar_Shift) { s.Hours = hours(25, 26) }),
			"shifts[0].breaks[0]":        shift(func(s *customerv1.Calendar_Shift) { s.Breaks[0] = hours(8, 10) }),
			"holidays[0].date":           func(c *customerv1.Calendar) { c.Holidays[0].Date = &date.Date{Year: 2026, Month: 2, Day: 29} },
			"holidays[1].date": func(c *customerv1.Calendar) {
				c.Holidays = append(c.Holidays, proto.CloneOf(c.GetHolidays()[0]))
			},
			"holidays[0].hours[0].end_time": func(c *customerv1.Calendar) { c.Holidays[0].Hours = []*customerv1.Calendar_Hours{hours(9, 9)} },
			"shifts[0].hours.end_time ":     shift(func(s *customerv1.Calendar_Shift) { s.Hours.EndTime.Seconds = 1 }),
		} {
			c := desk()
			change(c)
			_, err := create(ctx, s, c)
			require.ErrorContains(t, err, "calendar."+strings.TrimSpace(path))
		}
	})
}

const holidays = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Kept//test//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261227
SUMMARY:Christmas\, at home
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20200824
RRULE:FREQ=YEARLY
SUMMARY:Independence Day
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20260102
DTEND;VALUE=DATE:20260103
RRULE:FREQ=MONTHLY;COUNT=3
EXDATE;VALUE=DATE:20260302
SUMMARY:Stocktaking
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTAMP:20260101T000000Z
DTSTART:20261210T100000Z
DTEND:20261210T110000Z
SUMMARY:A meeting
END:VEVENT
BEGIN:VEVENT
UID:5
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20260101
RRULE:FREQ=YEARLY
SUMMARY:New Year again
END:VEVENT
END:VCALENDAR
`

func TestHolidaysComeFromAFile(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *Service) {
		made, err := create(ctx, s, desk())
		require.NoError(t, err)
		for range 2 {
			got, err := s.ImportHolidays(ctx, &customerv1.ImportHolidaysRequest{
				Name: made.GetName(), Content: strings.ReplaceAll(holidays, "\n", "\r\n"),
			})
			require.NoError(t, err)
			var days []string
			for _, h := range got.GetHolidays() {
				days = append(days, dateText(h)+" "+h.GetDisplayName())
			}
			require.Equal(t, []string{
				"0 1 1 New Year", "2026 12 24 Christmas, at home", "2026 12 25 Christmas, at home", "2026 12 26 Christmas, at home",
				"0 8 24 Independence Day", "2026 1 2 Stocktaking", "2026 2 2 Stocktaking",
			}, days, "what is there stays, and nothing comes twice")
		}
		for name, content := range map[string]string{
			"no file":       "hello",
			"no start":      strings.Replace(holidays, "DTSTART;VALUE=DATE:20261224\n", "", 1),
			"a long one":    strings.Replace(holidays, "DTEND;VALUE=DATE:20261227", "DTEND;VALUE=DATE:20281227", 1),
			"far too often": strings.Replace(holidays, "FREQ=MONTHLY;COUNT=3", "FREQ=DAILY", 1),
			"every second":  strings.Replace(holidays, "FREQ=MONTHLY;COUNT=3", "FREQ=SECONDLY", 1),
			"many rules": strings.Replace(holidays, "END:VCALENDAR", strings.Repeat("BEGIN:VEVENT\nUID:9\nDTSTAMP:20260101T000000Z\n"+
				"DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\nSUMMARY:Never\nEND:VEVENT\n", mostRepeating/10+1)+"END:VCALENDAR", 1),
			"before it begins": strings.Replace(holidays, "DTEND;VALUE=DATE:20261227", "DTEND;VALUE=DATE:20251227", 1),
			"far too long":     strings.Replace(holidays, "DTEND;VALUE=DATE:20261227", "DURATION:P9999999D", 1),
			"a wrong rule":     strings.Replace(holidays, "FREQ=MONTHLY;COUNT=3", "FREQ=NEVER", 1),
		} {
			_, err := s.ImportHolidays(ctx, &customerv1.ImportHolidaysRequest{Name: made.GetName(), Content: content})
			require.Equal(t, codes.InvalidArgument, errs.KindOf(err), "%s: %v", name, err)
			require.ErrorContains(t, err, "content", name)
		}
	})
}
