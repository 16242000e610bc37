package calendar

import (
	"context"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// ListCalendars lists calendars by page, by name.
func (s *Service) ListCalendars(ctx context.Context, req *customerv1.ListCalendarsRequest) (*customerv1.ListCalendarsResponse, error) {
	return calendars.List(ctx, s.db, req)
}
