package app

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"kept.dev/kit/keyring"
	"kept.dev/kit/token"
)

// Keys are what an installation signs tokens and links with.
type Keys struct {
	Tokens *token.Issuer
	Links  *keyring.Signer
}

// OpenKeys opens them in the folder, makes them at first use, and tells by a metric whether they can be read.
func OpenKeys(folder string, meters metric.MeterProvider) (keys Keys, err error) {
	if keys.Tokens, err = token.NewIssuer(folder); err != nil {
		return keys, err
	}
	if keys.Links, err = keyring.OpenSigner(folder); err != nil {
		return keys, err
	}
	return keys, keys.observe(meters.Meter("kept.dev/kit/app"))
}

// observe makes one gauge for both: of two of one name in a meter, the second one's callback would never be called.
func (k Keys) observe(meter metric.Meter) error {
	_, err := meter.Int64ObservableGauge("kept_keys_readable",
		metric.WithDescription("1 while this process can read the file of keys; at 0 it goes on with those it knows, but can't start again"),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			for name, file := range map[string]interface{ Readable() bool }{"tokens": k.Tokens, "links": k.Links} {
				readable := int64(0)
				if file.Readable() {
					readable = 1
				}
				o.Observe(readable, metric.WithAttributes(attribute.String("keys", name)))
			}
			return nil
		}))
	return err
}
