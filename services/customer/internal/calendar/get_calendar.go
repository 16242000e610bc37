package calendar

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// GetCalendar returns a calendar.
//
// Errors: NOT_FOUND for an unknown one.
func (s *Service) GetCalendar(ctx context.Context, req *customerv1.GetCalendarRequest) (*customerv1.Calendar, error) {
	return calendars.Get(ctx, s.db, req)
}
