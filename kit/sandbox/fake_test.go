package sandbox_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/clock"
	"kept.dev/kit/sandbox"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// fakeWorld is one process. Its due times are carried out at once; what look returns overrides its answers.
type fakeWorld struct {
	clock *clock.Sandbox
	begun int64

	mu     sync.Mutex
	due    []time.Time
	done   []time.Time
	shared []time.Duration
	looks  int
	look   func(n int, a *opsv1.ReportActivityResponse) error
}

func (w *fakeWorld) Members(context.Context) ([]opsv1.ActivityServiceClient, error) {
	return []opsv1.ActivityServiceClient{w}, nil
}

func (w *fakeWorld) Share(_ context.Context, offset time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shared = append(w.shared, offset)
	return nil
}

func (w *fakeWorld) ReportActivity(context.Context, *opsv1.ReportActivityRequest, ...grpc.CallOption) (*opsv1.ReportActivityResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	now := w.clock.Now()
	slices.SortFunc(w.due, time.Time.Compare)
	for len(w.due) > 0 && !w.due[0].After(now) {
		w.done, w.due, w.begun = append(w.done, now), w.due[1:], w.begun+1
	}
	a := &opsv1.ReportActivityResponse{Process: "p", Begun: w.begun, Ended: w.begun}
	if len(w.due) > 0 {
		a.NextDueTime = timestamppb.New(w.due[0])
	}
	if w.look != nil {
		return a, w.look(w.looks, a)
	}
	return a, nil
}

func advance(ctx context.Context, s *sandbox.Service, d time.Duration) (*opsv1.Clock, error) {
	return s.AdvanceClock(ctx, &opsv1.AdvanceClockRequest{Name: "sandbox/clock", Duration: durationpb.New(d)})
}

func TestTheClockStopsAtEachDueTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &fakeWorld{clock: &clock.Sandbox{}}
		s, start := sandbox.New(w.clock, w), w.clock.Now()
		for _, hours := range []int{5, 1, 3, 3, 30} {
			w.due = append(w.due, start.Add(time.Duration(hours)*time.Hour))
		}
		at, err := advance(t.Context(), s, 24*time.Hour)
		require.NoError(t, err)
		require.WithinDuration(t, start.Add(24*time.Hour), at.GetCurrentTime().AsTime(), time.Second)
		require.Len(t, w.done, 4)
		for i, hours := range []int{1, 3, 3, 5} {
			require.WithinDuration(t, start.Add(time.Duration(hours)*time.Hour), w.done[i], time.Second, "each at its time")
		}
		require.IsNonDecreasing(t, w.shared, "time never runs backwards")
		_, err = advance(t.Context(), s, 0)
		require.NoError(t, err)
		require.IsNonDecreasing(t, w.shared)
		now, err := s.GetClock(t.Context(), &opsv1.GetClockRequest{})
		require.NoError(t, err)
		require.Equal(t, w.clock.Now(), now.GetCurrentTime().AsTime())
	})
}

func TestTheClockWaitsWhileAnythingGoesOn(t *testing.T) {
	for name, look := range map[string]func(n int, a *opsv1.ReportActivityResponse) error{
		"work under way":      func(_ int, a *opsv1.ReportActivityResponse) error { a.Ended--; return nil },
		"unpublished events":  func(_ int, a *opsv1.ReportActivityResponse) error { a.OutboxPending = 1; return nil },
		"unhandled events":    func(_ int, a *opsv1.ReportActivityResponse) error { a.InboxPending = 1; return nil },
		"due timers":          func(_ int, a *opsv1.ReportActivityResponse) error { a.TimersDue = 1; return nil },
		"a process is away":   func(int, *opsv1.ReportActivityResponse) error { return errors.New("connection refused") },
		"work between looks":  func(n int, a *opsv1.ReportActivityResponse) error { a.Begun, a.Ended = int64(n), int64(n); return nil },
		"a process restarted": func(n int, a *opsv1.ReportActivityResponse) error { a.Process = string(rune('a' + n)); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const busy = 10
				w := &fakeWorld{clock: &clock.Sandbox{}}
				w.look = func(n int, a *opsv1.ReportActivityResponse) error {
					if n <= busy {
						return look(n, a)
					}
					return nil
				}
				_, err := advance(t.Context(), sandbox.New(w.clock, w), 0)
				require.NoError(t, err)
				require.GreaterOrEqual(t, w.looks, busy+2, "two quiet looks after the last busy one")
			})
		})
	}
}

func TestTheClockGivesUpWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &fakeWorld{clock: &clock.Sandbox{}}
		w.look = func(_ int, a *opsv1.ReportActivityResponse) error { a.TimersDue = 1; return nil }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := advance(ctx, sandbox.New(w.clock, w), time.Hour)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, w.clock.Offset(), "nothing was jumped over")
	})
}

// Two callers don't jump over what the other waits for.
func TestCallersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &fakeWorld{clock: &clock.Sandbox{}}
		s, start := sandbox.New(w.clock, w), w.clock.Now()
		goOn := make(chan struct{})
		w.look = func(_ int, a *opsv1.ReportActivityResponse) error {
			select {
			case <-goOn:
			default:
				a.TimersDue = 1
			}
			return nil
		}
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() {
				_, err := advance(t.Context(), s, time.Hour)
				require.NoError(t, err)
			})
		}
		time.AfterFunc(time.Minute, func() { close(goOn) })
		callers.Wait()
		require.GreaterOrEqual(t, w.clock.Now().Sub(start), 3*time.Hour, "each moves it by an hour")
	})
}
