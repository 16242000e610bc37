// Package calendar serves CalendarService: when something of the company is open.
package calendar

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

// Service implements CalendarService.
type Service struct {
	customerv1.UnimplementedCalendarServiceServer
	db     *sqldb.DB
	clock  clock.Clock
	outbox *outbox.Outbox
}

// New makes the service.
func New(deps kit.Deps) *Service {
	return &Service{db: deps.DB, clock: deps.Clock, outbox: deps.Outbox}
}

// Capability is what the service runs of this package.
func (s *Service) Capability() kit.Capability {
	return kit.Capability{
		Name:     "calendar",
		Register: func(r grpc.ServiceRegistrar) { customerv1.RegisterCalendarServiceServer(r, s) },
	}
}

var calendars = resource.Of(calendarRows)

// say tells of a calendar's new version, whatever came before.
func (s *Service) say(ctx context.Context, tx *sqldb.Tx, fact proto.Message, name string, version int64) error {
	return s.outbox.Append(ctx, tx, name, version, fact)
}

// Read is a calendar that others refer to by a foreign key.
func Read(tx *sqldb.Tx, name string) (*customerv1.Calendar, error) {
	rows, err := tx.Query(calendarRows.Select()+` where id = $1`, resource.ID(name))
	if err != nil {
		return nil, err
	}
	return sqldb.One(rows, calendarRows.Scan)
}
