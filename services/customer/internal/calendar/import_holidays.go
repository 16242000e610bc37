package calendar

import (
	"context"
	"fmt"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// mostHolidays is how many holidays a calendar has, as its contract says.
const mostHolidays = 1000

// ImportHolidays adds the whole-day events of an iCalendar file as holidays on which it is closed.
//
// Errors: NOT_FOUND for an unknown calendar; INVALID_ARGUMENT (content); ABORTED (ETAG_MISMATCH).
func (s *Service) ImportHolidays(ctx context.Context, req *customerv1.ImportHolidaysRequest) (*customerv1.Calendar, error) {
	found, err := readICalendar(req.GetContent(), s.clock.Now())
	if err != nil {
		return nil, errs.Invalid("content", "must be an iCalendar file (RFC 5545): %v", err)
	}
	return calendars.Change(ctx, s.db, req, func(tx *sqldb.Tx, _, after *customerv1.Calendar) error {
		known := map[string]bool{}
		for _, h := range after.GetHolidays() {
			known[dateText(h)] = true
		}
		for _, h := range found {
			if !known[dateText(h)] {
				after.Holidays, known[dateText(h)] = append(after.Holidays, h), true
			}
		}
		if n := len(after.GetHolidays()); n > mostHolidays {
			return errs.Invalid("content", "would make it %d holidays; at most %d can be kept", n, mostHolidays)
		}
		return s.say(ctx, tx, &customerv1.CalendarChanged{Calendar: after}, after.GetName(), resource.Version(after.GetEtag()))
	})
}

func dateText(h *customerv1.Calendar_Holiday) string {
	return fmt.Sprint(h.GetDate().GetYear(), h.GetDate().GetMonth(), h.GetDate().GetDay())
}
