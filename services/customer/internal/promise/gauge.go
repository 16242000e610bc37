package promise

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

const (
	// mostCounted keeps a look at the metrics short: beyond that promises are many. They are counted in an index.
	mostCounted = 10_000
	// gaugePatience is how long whoever reads the metrics waits for the database.
	gaugePatience = time.Second

	// The states are those of promises that have no answer yet: OPEN, AT_RISK and DUE.
	countUnresolved = `
		with state (state) as (values (1), (2), (3))
		select k.id, s.state, (select count(*) from (
			select 1 from promise p where p.kind = 'promiseKinds/' || k.id and p.state = s.state limit $1
		) as counted)
		from promise_kind k cross join state s`
)

// observe counts, whenever metrics are read, the promises that wait for their answer.
func (s *Service) observe(meter metric.Meter) error {
	open, err := meter.Int64ObservableGauge("kept_open_promises", metric.WithDescription(
		"Promises without an answer, by kind and state; 10000 stands for that many or more. Every replica tells the same"))
	if err != nil {
		return err
	}
	_, err = meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, gaugePatience)
		defer cancel()
		rows, err := s.db.Query(ctx, countUnresolved, int64(mostCounted))
		if err != nil {
			return err
		}
		for rows.Next() {
			var kind string
			var state, n int64
			if err := rows.Scan(&kind, &state, &n); err != nil {
				return err
			}
			o.ObserveInt64(open, n, metric.WithAttributes(
				attribute.String("kind", kind), attribute.String("state", customerv1.Promise_State(state).String())))
		}
		return nil
	}, open)
	return err
}
