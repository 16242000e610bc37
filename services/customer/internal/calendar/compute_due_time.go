package calendar

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// ComputeDueTime says when so much opening time will have gone by.
//
// Errors: INVALID_ARGUMENT (start_time, open_duration); NOT_FOUND for an unknown calendar.
func (s *Service) ComputeDueTime(
	ctx context.Context, req *customerv1.ComputeDueTimeRequest,
) (*customerv1.ComputeDueTimeResponse, error) {
	c, err := calendars.Get(ctx, s.db, req)
	if err != nil {
		return nil, err
	}
	hours, err := Hours(c)
	if err != nil {
		return nil, err
	}
	start := s.clock.Now()
	if req.GetStartTime() != nil {
		start = req.GetStartTime().AsTime()
	}
	res := &customerv1.ComputeDueTimeResponse{Open: hours.Open(start)}
	if due, ok := hours.Add(start, req.GetOpenDuration().AsDuration()); ok {
		res.DueTime = timestamppb.New(due)
	}
	if opens, ok := hours.Next(start); ok {
		res.NextOpenTime = timestamppb.New(opens)
	}
	return res, nil
}
