package promise

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"kept.dev/kit/sqldb"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

const (
	// mostCounted keeps a look at the metrics short: beyond that promises are many. They are counted in an index.
	mostCounted = 10_000
	// gaugePatience is how long whoever reads the metrics waits for the database.
	gaugePatience = time.Second

	countUnresolved = `
		select count(*) from (
			select 1 from promise where kind = $1 and state = $2 limit $3
		) as counted`
)

// unresolved are the states of promises that have no answer yet.
var unresolved = [...]customerv1.Promise_State{customerv1.Promise_OPEN, customerv1.Promise_AT_RISK, customerv1.Promise_DUE}

// observe counts, whenever metrics are read, the promises that wait for their answer.
func (s *Service) observe(meter metric.Meter) error {
	open, err := meter.Int64ObservableGauge("kept_open_promises", metric.WithDescription(
		"Promises without an answer, by kind and state; 10000 stands for that many or more. Every replica tells the same"))
	if err != nil {
		return err
	}
	var queries []*sqldb.Stmt
	var labels []metric.ObserveOption
	for kind := promisev1.PromiseKind_DELIVERY; int(kind) < len(promisev1.PromiseKind_name); kind++ {
		for _, state := range unresolved {
			queries = append(queries, sqldb.Q(countUnresolved, int64(kind), int64(state), int64(mostCounted)))
			labels = append(labels, metric.WithAttributes(
				attribute.String("kind", kind.String()), attribute.String("state", state.String())))
		}
	}
	_, err = meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, gaugePatience)
		defer cancel()
		results, err := s.db.Batch(ctx, queries...)
		for i, rows := range results {
			n, err := sqldb.One(rows, func(r *sqldb.Rows) (n int64, err error) { return n, r.Scan(&n) })
			if err != nil {
				return err
			}
			o.ObserveInt64(open, n, labels[i])
		}
		return err
	}, open)
	return err
}
