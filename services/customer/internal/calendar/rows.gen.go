// Code generated from rows.yaml by `make generate`. DO NOT EDIT.

package calendar

import (
	"kept.dev/kit/clock"
	"kept.dev/kit/page"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// calendarRows are the rows of the table calendar, each of them a Calendar.
var calendarRows = resource.Rows[*customerv1.Calendar, *customerv1.ListCalendarsResponse]{
	Table:   "calendar",
	Pattern: "calendars/{calendar}",
	Columns: []resource.Column{
		{Name: "id", Field: "name"},
		{Name: "version", Field: "etag", Kind: page.Int},
		{Name: "display_name", Field: "display_name"},
		{Name: "time_zone", Field: "time_zone"},
		{Name: "shifts", Field: "shifts"},
		{Name: "holidays", Field: "holidays"},
		{Name: "created", Field: "create_time", Kind: page.Timestamp},
	},
	Key:    keyOfCalendar,
	Scan:   scanCalendar,
	Values: valuesOfCalendar,
	Page: func(found []*customerv1.Calendar, nextPageToken string) *customerv1.ListCalendarsResponse {
		return &customerv1.ListCalendarsResponse{Calendars: found, NextPageToken: nextPageToken}
	},
}

// keyOfCalendar reads a name such as calendars/{calendar}.
func keyOfCalendar(name string) ([]any, error) {
	var n customerv1.CalendarResourceName
	err := n.UnmarshalString(name)
	return []any{n.Calendar}, err
}

func scanCalendar(r *sqldb.Rows) (*customerv1.Calendar, error) {
	var id string
	var version int64
	var shifts, holidays []byte
	var created *int64
	m := &customerv1.Calendar{}
	err := r.Scan(&id, &version, &m.DisplayName, &m.TimeZone, &shifts, &holidays, &created)
	if err != nil {
		return nil, err
	}
	m.Name = customerv1.CalendarResourceName{Calendar: id}.String()
	m.Etag = resource.Etag(version)
	if err := resource.Unpack(shifts, m); err != nil {
		return nil, err
	}
	if err := resource.Unpack(holidays, m); err != nil {
		return nil, err
	}
	m.CreateTime = clock.Stamp(created)
	return m, nil
}

func valuesOfCalendar(m *customerv1.Calendar) ([]any, error) {
	var name customerv1.CalendarResourceName
	if err := name.UnmarshalString(m.GetName()); err != nil {
		return nil, err
	}
	shifts, err := resource.Pack(&customerv1.Calendar{Shifts: m.GetShifts()})
	if err != nil {
		return nil, err
	}
	holidays, err := resource.Pack(&customerv1.Calendar{Holidays: m.GetHolidays()})
	if err != nil {
		return nil, err
	}
	return []any{
		name.Calendar,
		resource.Version(m.GetEtag()),
		m.GetDisplayName(),
		m.GetTimeZone(),
		shifts,
		holidays,
		resource.Micros(m.GetCreateTime()),
	}, nil
}
