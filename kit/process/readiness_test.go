package process_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/health/grpc_health_v1"

	"kept.dev/kit/process"
)

// dependency answers as the test says.
type dependency struct {
	fault atomic.Pointer[error]
	asked atomic.Int64
}

func (d *dependency) breaks(err error) { d.fault.Store(&err) }
func (d *dependency) mends()           { d.fault.Store(nil) }
func (d *dependency) check(name string) process.Check {
	return process.Check{Name: name, Probe: func(context.Context) error {
		d.asked.Add(1)
		if err := d.fault.Load(); err != nil {
			return *err
		}
		return nil
	}}
}

func requireServing(t *testing.T, r *process.Readiness, want bool) {
	t.Helper()
	status := grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if want {
		status = grpc_health_v1.HealthCheckResponse_SERVING
	}
	require.Equal(t, want, r.Report().Ready)
	for _, service := range []string{"", "kept.order.v1.OrderService"} {
		got, err := r.Health().Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		require.NoError(t, err)
		require.Equal(t, status, got.GetStatus(), service)
	}
}

// during runs the readiness as the one part of a process.
func during(t *testing.T, r *process.Readiness, test func(stop func() error)) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- process.Run(ctx, quiet, time.Minute, r.Part()) }()
	synctest.Wait()
	test(func() error { cancel(); return <-done })
	cancel()
}

// What all replicas share and each can do without must not take all of them out of the balance at once.
func TestAProcessStaysReadyWithoutWhatIsOptional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var database, redis dependency
		optional := redis.check("redis")
		optional.Optional = true
		r := process.NewReadiness([]string{"kept.order.v1.OrderService"}, database.check("database"), optional)
		redis.breaks(errors.New("connection refused"))
		during(t, r, func(func() error) {
			requireServing(t, r, true)
			require.Equal(t, "connection refused", r.Report().Checks[1].Error, "it is told")
			database.breaks(errors.New("disk full"))
			time.Sleep(5 * time.Second)
			synctest.Wait()
			requireServing(t, r, false)
		})
	})
}

func TestReadinessFollowsItsChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var database, bus dependency
		r := process.NewReadiness([]string{"kept.order.v1.OrderService"}, database.check("database"), bus.check("bus"))
		requireServing(t, r, false)
		during(t, r, func(stop func() error) {
			requireServing(t, r, true)
			bus.breaks(errors.New("connection refused"))
			requireServing(t, r, true) // from what it knows
			time.Sleep(5 * time.Second)
			synctest.Wait()
			requireServing(t, r, false)
			report := r.Report()
			require.Equal(t, "database", report.Checks[0].Name)
			require.Empty(t, report.Checks[0].Error)
			require.Equal(t, "connection refused", report.Checks[1].Error)
			bus.mends()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			requireServing(t, r, true)
			require.EqualValues(t, 3, bus.asked.Load(), "asked by its own clock, not by who asks it")
			require.NoError(t, stop())
			requireServing(t, r, false)
			require.True(t, r.Report().Draining)
		})
	})
}

func TestDrainingIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := process.NewReadiness([]string{"kept.order.v1.OrderService"})
		during(t, r, func(stop func() error) {
			requireServing(t, r, true)
			r.Drain()
			requireServing(t, r, false)
			time.Sleep(20 * time.Second)
			synctest.Wait()
			requireServing(t, r, false)
			require.NoError(t, stop())
		})
	})
}

func TestHangingProbeIsNotReadyAndNotAskedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, asked := make(chan struct{}), 0
		r := process.NewReadiness([]string{"kept.order.v1.OrderService"}, process.Check{
			Name: "deaf", Probe: func(context.Context) error { asked++; <-release; return nil },
		})
		during(t, r, func(stop func() error) {
			time.Sleep(3 * time.Second)
			synctest.Wait()
			require.Contains(t, r.Report().Checks[0].Error, "no answer")
			time.Sleep(10 * time.Second)
			synctest.Wait()
			require.Contains(t, r.Report().Checks[0].Error, "has not come back")
			require.Equal(t, 1, asked)
			close(release)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			requireServing(t, r, true)
			require.NoError(t, stop())
		})
	})
}
