package calendar

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// DeleteCalendar deletes a calendar that nothing goes by.
//
// Errors: NOT_FOUND for an unknown one; FAILED_PRECONDITION (STILL_REFERRED_TO).
func (s *Service) DeleteCalendar(ctx context.Context, req *customerv1.DeleteCalendarRequest) (*emptypb.Empty, error) {
	return calendars.Delete(ctx, s.db, req, func(tx *sqldb.Tx, c *customerv1.Calendar) error {
		deleted := &customerv1.CalendarDeleted{Calendar: c.GetName()}
		return s.say(ctx, tx, deleted, c.GetName(), resource.Version(c.GetEtag())+1)
	})
}
