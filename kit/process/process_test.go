package process_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kept.dev/kit/process"
)

func TestMain(m *testing.M) {
	actAsSignalled(m)
	goleak.VerifyTestMain(m)
}

var quiet = slog.New(slog.DiscardHandler)

// diary notes what happens in which order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) part(name string) process.Part {
	return process.Part{
		Name:  name,
		Start: func(context.Context) error { d.note("start " + name); return nil },
		Run: func(ctx context.Context) error {
			<-ctx.Done()
			d.note("end " + name)
			return ctx.Err()
		},
		Stop: func(context.Context) error { d.note("stop " + name); return nil },
	}
}

func TestPartsStartInOrderAndStopInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- process.Run(ctx, quiet, time.Minute, d.part("a"), d.part("b"), process.Part{Name: "nothing"})
		}()
		synctest.Wait()
		require.Equal(t, []string{"start a", "start b"}, d.lines)
		stop()
		require.NoError(t, <-done)
		require.Equal(t, []string{"start a", "start b", "stop b", "end b", "stop a", "end a"}, d.lines)
	})
}

func TestFailingStartUnwinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		broken := errors.New("no such host")
		err := process.Run(t.Context(), quiet, time.Minute, d.part("a"), d.part("b"),
			process.Part{Name: "bus", Start: func(context.Context) error { return broken }}, d.part("never"))
		require.ErrorIs(t, err, broken)
		require.EqualError(t, err, "bus: start: no such host")
		require.Equal(t, []string{"start a", "start b", "stop b", "end b", "stop a", "end a"}, d.lines)
	})
}

func TestFailingRunStopsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		err := process.Run(t.Context(), quiet, time.Minute, d.part("a"), process.Part{
			Name: "relay",
			Run: func(context.Context) error {
				time.Sleep(time.Second)
				return errors.New("disk full")
			},
		}, d.part("b"))
		require.EqualError(t, err, "relay: run: disk full")
		require.Equal(t, []string{"start a", "start b", "stop b", "end b", "stop a", "end a"}, d.lines)
	})
}

func TestRunThatFailsWhileTheRestStartsEndsTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := process.Run(t.Context(), quiet, time.Minute,
			process.Part{Name: "a", Run: func(context.Context) error { return errors.New("gone") }},
			process.Part{Name: "b", Start: func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }})
		require.ErrorContains(t, err, "a: run: gone")
	})
}

func TestFinishedWorkIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		require.NoError(t, process.Run(ctx, quiet, time.Minute,
			process.Part{Name: "once", Run: func(context.Context) error { return nil }}))
		require.Equal(t, time.Hour, time.Since(began))
	})
}

func TestFaultsWhileStoppingAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		closing := make(chan struct{})
		err := process.Run(ctx, quiet, time.Minute, process.Part{
			Name: "server",
			Run:  func(context.Context) error { <-closing; return errors.New("lost requests") },
			Stop: func(context.Context) error { close(closing); time.Sleep(time.Second); return errors.New("disk full") },
		})
		require.ErrorContains(t, err, "server: run: lost requests")
		require.ErrorContains(t, err, "server: stop: disk full")
	})
}

func TestHangingPartsAreNamedAndLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		release := make(chan struct{})
		hang := func(context.Context) error { <-release; return nil }
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		err := process.Run(ctx, quiet, 10*time.Second, d.part("a"),
			process.Part{Name: "stuck", Run: hang}, process.Part{Name: "stiff", Stop: hang}, d.part("b"))
		require.EqualError(t, err,
			"stiff: stop: hangs; not waiting any longer\nstuck: stop: hangs; not waiting any longer")
		require.Equal(t, time.Hour+11*time.Second, time.Since(began), "ten for the first, a second for the next")
		require.Equal(t, []string{"start a", "start b", "stop b", "end b", "stop a", "end a"}, d.lines)
		close(release)
	})
}

func TestHangingStartIsNamedAndLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		err := process.Run(ctx, quiet, 10*time.Second,
			process.Part{Name: "deaf", Start: func(context.Context) error { <-release; return nil }})
		require.EqualError(t, err, "deaf: start: hangs; not waiting any longer")
		require.Equal(t, time.Hour+10*time.Second, time.Since(began))
		close(release)
	})
}

func TestStopDuringStartIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.NoError(t, process.Run(ctx, quiet, time.Minute, d.part("a"),
			process.Part{Name: "slow", Start: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}))
		require.Equal(t, []string{"start a", "stop a", "end a"}, d.lines)
	})
}

func TestPartsAreLogged(t *testing.T) {
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	var d diary
	last := process.Part{Name: "last", Run: func(context.Context) error { cancel(); return nil }}
	require.NoError(t, process.Run(ctx, slog.New(slog.NewTextHandler(&out, nil)), time.Minute, d.part("a"), last))
	require.Contains(t, out.String(), "msg=started part=a")
	require.Contains(t, out.String(), "msg=stopped part=a")
}
