package ops

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/bus"
	"kept.dev/kit/clock"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	"kept.dev/kit/timer"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// Activity implements ActivityService for one service in one process.
type Activity struct {
	opsv1.UnimplementedActivityServiceServer
	Service string
	Process string
	DB      *sqldb.DB
	Bus     bus.Bus
	Clock   clock.Clock
	Counter *telemetry.Activity
	// Refresh, when set, brings the clock up to date before it is asked.
	Refresh func(context.Context) error
	// Kinds are those of the timers that this process carries out.
	Kinds func() []string
	// Wake is told when something is due, so that whoever asks need not wait for a poll.
	Wake func()
}

const countPending = `select count(*) from outbox where pending`

// ReportActivity says what is going on. The counters are read first and what is left to do after them, so that work that
// goes from one to the other is seen at least once.
func (a *Activity) ReportActivity(ctx context.Context, _ *opsv1.ReportActivityRequest) (*opsv1.ReportActivityResponse, error) {
	if a.Refresh != nil {
		if err := a.Refresh(ctx); err != nil {
			return nil, err
		}
	}
	begun, ended := a.Counter.Counts()
	now := a.Clock.Now()
	results, err := a.DB.Batch(ctx, sqldb.Q(countPending), timer.CountDue(a.Kinds(), now), timer.NextDue(a.Kinds(), now))
	if err != nil {
		return nil, err
	}
	unhandled, err := a.Bus.Pending(ctx, a.Service)
	if err != nil {
		return nil, err
	}
	res := &opsv1.ReportActivityResponse{
		Process: a.Service + "/" + a.Process, Begun: begun, Ended: ended, InboxPending: unhandled, CurrentTime: timestamppb.New(now),
	}
	if res.OutboxPending, err = sqldb.One(results[0], number); err != nil {
		return nil, err
	}
	if res.TimersDue, err = sqldb.One(results[1], number); err != nil {
		return nil, err
	}
	next, err := sqldb.One(results[2], number)
	if err != nil {
		return nil, err
	}
	owing, err := outbox.Pending(ctx, a.DB, a.Bus, a.Service)
	if err != nil {
		return nil, err
	}
	if owing {
		res.OutboxPending++
	}
	if next > 0 {
		res.NextDueTime = timestamppb.New(time.UnixMicro(next))
	}
	if res.GetOutboxPending()+res.GetTimersDue() > 0 {
		a.Wake()
	}
	return res, nil
}

func number(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) }
