package tlsconf

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// Expiry is until when this process's certificate is good.
func (s *Source) Expiry() time.Time { return s.get().cert.Leaf.NotAfter }

// Observe tells, whenever metrics are read, until when the certificate is good. A nil source has none and tells nothing.
func (s *Source) Observe(meter metric.Meter) error {
	if s == nil {
		return nil
	}
	_, err := meter.Float64ObservableGauge("kept_certificate_expiry_timestamp_seconds", metric.WithUnit("s"),
		metric.WithDescription("Until when this process's certificate is good, in seconds since 1970; only where there is mutual TLS"),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(float64(s.Expiry().Unix()))
			return nil
		}))
	return err
}
