// Package sandbox moves the business clock forward to see what happens, and serves SandboxService.
//
// The clock jumps from one due thing to the next, and after each jump waits until the world is quiet: two rounds over
// every process in which nothing is under way, nothing is left to do, and nothing was begun between the rounds.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/clock"
	"kept.dev/kit/errs"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// World is all the processes that share the sandbox's clock.
type World interface {
	// Members are the processes, at least one of every service, or an error while that is not so.
	Members(ctx context.Context) ([]opsv1.ActivityServiceClient, error)
	// Share tells everybody how far the clock is ahead of wall time.
	Share(ctx context.Context, offset time.Duration) error
}

// Service implements SandboxService.
type Service struct {
	opsv1.UnimplementedSandboxServiceServer
	clock *clock.Sandbox
	world World
	turn  chan struct{} // held by whoever moves the clock: nobody jumps over what another still waits for
}

// New makes the service.
func New(c *clock.Sandbox, world World) *Service {
	return &Service{clock: c, world: world, turn: make(chan struct{}, 1)}
}

// GetClock tells the time. Another process may have moved the clock a moment ago: who computes from the answer how far is left
// to go would go too far.
func (s *Service) GetClock(ctx context.Context, _ *opsv1.GetClockRequest) (*opsv1.Clock, error) {
	if err := s.world.Share(ctx, s.clock.Offset()); err != nil {
		return nil, err
	}
	return s.now(), nil
}

// AdvanceClock moves the clock forward and returns when all that had to happen has happened.
//
// Errors: DEADLINE_EXCEEDED when it takes longer than the caller waits; asked again, it goes on from where it is.
func (s *Service) AdvanceClock(ctx context.Context, req *opsv1.AdvanceClockRequest) (*opsv1.Clock, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := s.world.Share(ctx, s.clock.Offset()); err != nil { // another process may have moved it further
		return nil, err
	}
	target := s.clock.Now().Add(req.GetDuration().AsDuration())
	for {
		next, err := s.quiet(ctx)
		if err != nil {
			return nil, err
		}
		if next.IsZero() || next.After(target) {
			break
		}
		if err := s.moveTo(ctx, next); err != nil {
			return nil, err
		}
	}
	if err := s.moveTo(ctx, target); err != nil {
		return nil, err
	}
	_, err := s.quiet(ctx)
	return s.now(), err
}

func (s *Service) now() *opsv1.Clock {
	return &opsv1.Clock{Name: "sandbox/clock", CurrentTime: timestamppb.New(s.clock.Now())}
}

func (s *Service) moveTo(ctx context.Context, to time.Time) error {
	s.clock.Advance(s.clock.Offset() + to.Sub(s.clock.Now()))
	return s.world.Share(ctx, s.clock.Offset())
}

// breath is how long to wait between two looks at a world that is busy.
const breath = 2 * time.Millisecond

// quiet waits until nothing goes on, and returns when the next thing is due; zero for never.
func (s *Service) quiet(ctx context.Context) (next time.Time, err error) {
	var before map[string]int64
	for {
		begun, next, busy := s.look(ctx)
		switch {
		case busy != nil:
			before = nil
		case before != nil && maps.Equal(begun, before):
			return next, nil
		case ctx.Err() == nil: // the second look follows at once
			before = begun
			continue
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("the world is not quiet (%v): %w", busy, ctx.Err())
		case <-time.After(breath):
		}
	}
}

var errBusy = errors.New("work is under way")

// look asks every process. busy says why the world is not quiet, if it is not.
func (s *Service) look(ctx context.Context) (begun map[string]int64, next time.Time, busy error) {
	members, err := s.world.Members(ctx)
	if err != nil {
		return nil, next, err
	}
	begun = map[string]int64{}
	for _, member := range members {
		a, err := member.ReportActivity(ctx, &opsv1.ReportActivityRequest{})
		if err != nil {
			return nil, next, errs.Unavailable("MEMBER_UNAVAILABLE", "a process does not answer").Because(err)
		}
		begun[a.GetProcess()] = a.GetBegun()
		if a.GetBegun() != a.GetEnded() || a.GetOutboxPending()+a.GetInboxPending()+a.GetTimersDue() > 0 {
			busy = errBusy
		}
		if due := a.GetNextDueTime(); due != nil && (next.IsZero() || due.AsTime().Before(next)) {
			next = due.AsTime()
		}
	}
	return begun, next, busy
}
