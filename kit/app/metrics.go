package app

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
)

// groupSizes measures how many callers share a transaction.
func groupSizes(meter metric.Meter, service string) (func(int), error) {
	sizes, err := meter.Int64Histogram("kept_commit_group_size",
		metric.WithDescription("Callers that shared one transaction"),
		metric.WithExplicitBucketBoundaries(1, 2, 4, 8, 16, 32, 64))
	if err != nil {
		return nil, err
	}
	of := metric.WithAttributes(attribute.String("service", service))
	return func(n int) { sizes.Record(context.Background(), int64(n), of) }, nil
}

const (
	oldestPending = `select count(*), coalesce(min(time), 0) from outbox where pending`
	countDead     = `select count(*) from timer where attempts > 0`
)

// observe measures, whenever metrics are read, how far the service is behind with its own work.
func (h *Host) observe(meter metric.Meter) error {
	gauge := func(name, description string) metric.Float64ObservableGauge {
		g, err := meter.Float64ObservableGauge(name, metric.WithDescription(description))
		if err != nil {
			h.runtime.Log.Error("metric refused", "name", name, "error", err)
		}
		return g
	}
	outboxLag := gauge("kept_outbox_lag_seconds", "Age of the oldest event that is not published")
	outboxLength := gauge("kept_outbox_length", "Events that are not published")
	timerLag := gauge("kept_timer_lag_seconds", "How long the oldest due timer has been due")
	timerLength := gauge("kept_timer_due", "Timers that are due and not carried out")
	dead := gauge("kept_dead_letters", "Events and timers that have failed at least once and are not done")
	service := metric.WithAttributes(attribute.String("service", h.Service.Name))
	_, err := meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, observing)
		defer cancel()
		now := h.runtime.Clock.Now()
		results, err := h.DB.Batch(ctx, sqldb.Q(oldestPending), timer.CountAllDue(now), sqldb.Q(countDead))
		if err != nil {
			return err
		}
		for i, g := range []struct{ lag, length metric.Float64ObservableGauge }{{outboxLag, outboxLength}, {timerLag, timerLength}} {
			n, since, err := countSince(results[i])
			if err != nil {
				return err
			}
			o.ObserveFloat64(g.length, float64(n), service)
			o.ObserveFloat64(g.lag, behind(now, n, since), service)
		}
		var n int64
		_, err = sqldb.One(results[2], func(r *sqldb.Rows) (struct{}, error) { return struct{}{}, r.Scan(&n) })
		o.ObserveFloat64(dead, float64(n), service)
		return err
	}, outboxLag, outboxLength, timerLag, timerLength, dead)
	return errors.Join(err, h.observeBus(meter, service))
}

// observeBus measures how far the service is behind with what others have published: beside observe, so that a bus that is away
// hides nothing but this.
func (h *Host) observeBus(meter metric.Meter, service metric.MeasurementOption) error {
	_, err := meter.Int64ObservableGauge("kept_consumer_lag",
		metric.WithDescription("Events that others have published and the service has not handled; 0 where nothing is in between"),
		metric.WithInt64Callback(func(ctx context.Context, o metric.Int64Observer) error {
			ctx, cancel := context.WithTimeout(ctx, observing)
			defer cancel()
			n, err := h.runtime.Bus.Pending(ctx, h.Service.Name)
			if err == nil {
				o.Observe(n, service)
			}
			return err
		}))
	return err
}

// observing is how long whoever reads the metrics waits for a database or the bus: what else there is to see counts more.
const observing = time.Second

func countSince(rows *sqldb.Rows) (n, since int64, err error) {
	_, err = sqldb.One(rows, func(r *sqldb.Rows) (struct{}, error) { return struct{}{}, r.Scan(&n, &since) })
	return n, since, err
}

func behind(now time.Time, n, since int64) float64 {
	if n == 0 {
		return 0
	}
	return max(0, now.Sub(time.UnixMicro(since)).Seconds())
}
