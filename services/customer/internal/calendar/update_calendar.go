package calendar

import (
	"context"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// UpdateCalendar changes a calendar.
//
// Errors: NOT_FOUND for an unknown one; INVALID_ARGUMENT for what can't be; ABORTED (ETAG_MISMATCH).
func (s *Service) UpdateCalendar(ctx context.Context, req *customerv1.UpdateCalendarRequest) (*customerv1.Calendar, error) {
	return calendars.Update(ctx, s.db, req, func(tx *sqldb.Tx, _, after *customerv1.Calendar) error {
		if after.GetTimeZone() == "" {
			return errs.Invalid("calendar.time_zone", "is needed: an IANA time zone, such as Europe/Kyiv")
		}
		if err := check(after); err != nil {
			return err
		}
		return s.say(ctx, tx, &customerv1.CalendarChanged{Calendar: after}, after.GetName(), resource.Version(after.GetEtag()))
	})
}
