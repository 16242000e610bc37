package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// office is open from nine to five on weekdays, but for an hour at noon, closed on New Year's Day and till noon on 24 December 2026.
func office(z *time.Location) Calendar {
	c := Calendar{Zone: z, Holidays: map[Day][]Hours{
		{0, time.January, 1}: nil, {2026, time.December, 24}: {{9 * 60, 12 * 60}}, {0, time.December, 24}: nil,
	}}
	for day := time.Monday; day <= time.Friday; day++ {
		c.Weekly[day] = Without([]Hours{{9 * 60, 17 * 60}}, []Hours{{12 * 60, 13 * 60}})
	}
	return c
}

func at(z *time.Location, text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, z)
	if err != nil {
		panic(err)
	}
	return t
}

func TestOpeningHours(t *testing.T) {
	kyiv := zone(t, "Europe/Kyiv")
	c := office(kyiv)
	for text, open := range map[string]bool{
		"2026-12-01 08:59": false, "2026-12-01 09:00": true, "2026-12-01 11:59": true, "2026-12-01 12:00": false, "2026-12-01 13:00": true,
		"2026-12-01 17:00": false, "2026-12-05 10:00": false, "2027-01-01 10:00": false, "2026-12-24 11:00": true, "2026-12-24 13:00": false,
		"2027-12-24 11:00": false,
	} {
		require.Equal(t, open, c.Open(at(kyiv, text)), text)
	}
	require.False(t, c.Open(at(time.UTC, "2026-12-01 16:00")), "it is 18:00 in Kyiv")
}

func TestOpeningTimeGoesBy(t *testing.T) {
	kyiv := zone(t, "Europe/Kyiv")
	c := office(kyiv)
	for _, s := range []struct {
		from string
		open time.Duration
		to   string
	}{
		{"2026-12-01 10:00", time.Hour, "2026-12-01 11:00"},
		{"2026-12-01 11:00", 2 * time.Hour, "2026-12-01 14:00"},
		{"2026-12-01 11:00", time.Hour, "2026-12-01 12:00"},
		{"2026-12-01 16:30", time.Hour, "2026-12-02 09:30"},
		{"2026-12-04 16:00", 2 * time.Hour, "2026-12-07 10:00"},
		{"2026-12-31 16:00", 2 * time.Hour, "2027-01-04 10:00"},
		{"2026-12-05 10:00", 0, "2026-12-05 10:00"},
		{"2026-12-05 10:00", 7 * time.Hour, "2026-12-07 17:00"},
	} {
		end, ok := c.Add(at(kyiv, s.from), s.open)
		require.True(t, ok)
		require.Equal(t, at(kyiv, s.to), end.In(kyiv), "%s after %s", s.open, s.from)
	}
	opens, ok := c.Next(at(kyiv, "2026-12-04 17:00"))
	require.True(t, ok)
	require.Equal(t, at(kyiv, "2026-12-07 09:00"), opens)
	opens, ok = c.Next(at(kyiv, "2026-12-07 09:30"))
	require.True(t, ok)
	require.Equal(t, at(kyiv, "2026-12-07 09:30"), opens)
}

// Nights in Berlin of 2026: the clock goes from 2 to 3 on 29 March, and from 3 to 2 on 25 October.
func TestTheClockIsPutForwardAndBack(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	night := Calendar{Zone: berlin}
	for day := range night.Weekly {
		night.Weekly[day] = []Hours{{0, 6 * 60}, {22 * 60, 24 * 60}}
	}
	for from, hours := range map[string]time.Duration{"2026-03-28 22:00": 7, "2026-10-24 22:00": 9, "2026-06-01 22:00": 8} {
		end, ok := night.Add(at(berlin, from), hours*time.Hour)
		require.True(t, ok)
		require.Equal(t, "06:00", end.In(berlin).Format("15:04"), from)
	}
	short := Calendar{Zone: berlin}
	for day := range short.Weekly {
		short.Weekly[day] = []Hours{{2 * 60, 3 * 60}}
	}
	opens, ok := short.Next(at(berlin, "2026-03-29 00:00"))
	require.True(t, ok)
	require.Equal(t, "2026-03-30 02:00", opens.In(berlin).Format("2006-01-02 15:04"), "there is no such hour that day")
}

func TestWhatIsNeverOpen(t *testing.T) {
	_, ok := Calendar{}.Next(time.Now())
	require.False(t, ok)
	_, ok = Calendar{}.Add(time.Now(), time.Second)
	require.False(t, ok)
	require.False(t, Calendar{}.Open(time.Now()))
}

func calendars(t *rapid.T, z *time.Location) Calendar {
	hours := rapid.Custom(func(t *rapid.T) Hours {
		from := rapid.IntRange(0, 1439).Draw(t, "from")
		return Hours{from, rapid.IntRange(from+1, 1440).Draw(t, "to")}
	})
	c := Calendar{Zone: z, Holidays: map[Day][]Hours{}}
	for day := range c.Weekly {
		c.Weekly[day] = rapid.SliceOfN(hours, 0, 3).Draw(t, "hours")
	}
	for range rapid.IntRange(0, 3).Draw(t, "holidays") {
		day := Day{rapid.SampledFrom([]int{0, 2026}).Draw(t, "year"), time.March, rapid.IntRange(1, 31).Draw(t, "day")}
		c.Holidays[day] = rapid.SliceOfN(hours, 0, 2).Draw(t, "holiday hours")
	}
	return c
}

// Minute by minute as much opening time goes by as Add says, whatever the hours and the clock.
func TestAddCountsOpenMinutes(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu"} {
		z := zone(t, name)
		rapid.Check(t, func(t *rapid.T) {
			c := calendars(t, z)
			from := time.Date(2026, time.March, rapid.IntRange(1, 31).Draw(t, "day"), 0, rapid.IntRange(0, 1439).Draw(t, "minute"), 0, 0, z)
			wanted := rapid.IntRange(1, 2000).Draw(t, "minutes")
			end, ok := c.Add(from, time.Duration(wanted)*time.Minute)
			if !ok {
				require.Empty(t, c.spans(from), "what is closed for ever is closed now")
				return
			}
			if end.Sub(from) > 60*24*time.Hour {
				return // too far to walk
			}
			open := 0
			for minute := from; minute.Before(end); minute = minute.Add(time.Minute) {
				if c.Open(minute) {
					open++
				}
			}
			require.Equal(t, wanted, open)
			require.True(t, c.Open(end.Add(-time.Minute)), "it ends with an open minute")
			opens, ok := c.Next(from)
			require.True(t, ok)
			require.True(t, c.Open(opens) && !opens.Before(from))
		})
	}
}

func TestBreaksAreTakenOut(t *testing.T) {
	require.Equal(t, []Hours{{540, 720}, {780, 1020}}, Without([]Hours{{540, 1020}}, []Hours{{720, 780}}))
	require.Equal(t, []Hours{{600, 1020}}, Without([]Hours{{540, 800}, {780, 1020}}, []Hours{{500, 600}}))
	require.Empty(t, Without([]Hours{{540, 600}}, []Hours{{0, 1440}}))
	require.Equal(t, []Hours{{540, 600}}, Without([]Hours{{540, 600}}, nil))
}
