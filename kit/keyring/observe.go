package keyring

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Observe tells, whenever metrics are read, whether the file can be read. What it is of is a word of the label, such as "links".
func (w *Watch) Observe(meter metric.Meter, what string) error {
	keys := metric.WithAttributes(attribute.String("keys", what))
	_, err := meter.Int64ObservableGauge("kept_keys_readable",
		metric.WithDescription("1 while this process can read the file of keys; at 0 it goes on with those it knows, but can't start again"),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			readable := int64(0)
			if w.Readable() {
				readable = 1
			}
			o.Observe(readable, keys)
			return nil
		}))
	return err
}
