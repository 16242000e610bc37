package calendar

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// CreateCalendar creates a calendar. Without a time zone it has the company's.
//
// Errors: ALREADY_EXISTS where the id is taken; INVALID_ARGUMENT for what can't be.
func (s *Service) CreateCalendar(ctx context.Context, req *customerv1.CreateCalendarRequest) (*customerv1.Calendar, error) {
	c := proto.CloneOf(req.GetCalendar())
	c.Name = customerv1.CalendarResourceName{Calendar: req.GetCalendarId()}.String()
	c.CreateTime, c.Etag = timestamppb.New(s.clock.Now()), resource.Etag(1)
	if err := check(c); err != nil {
		return nil, err
	}
	if c.GetTimeZone() == "" {
		if err := s.takeZone(ctx, c); err != nil {
			return nil, err
		}
	}
	made, err := calendars.Create(ctx, s.db, req, c, func(tx *sqldb.Tx, c *customerv1.Calendar) error {
		return s.say(ctx, tx, &customerv1.CalendarChanged{Calendar: c}, c.GetName(), 1)
	})
	if sqldb.Violates(err, "calendar_full_name_key") {
		return nil, errs.AlreadyExists(c.GetName()).Because(err)
	}
	return made, err
}

// takeZone gives a calendar the company's time zone.
func (s *Service) takeZone(ctx context.Context, c *customerv1.Calendar) error {
	rows, err := s.db.Query(ctx, `select time_zone from company`)
	if err != nil {
		return err
	}
	c.TimeZone, err = sqldb.One(rows, func(r *sqldb.Rows) (zone string, err error) { return zone, r.Scan(&zone) })
	return err
}
