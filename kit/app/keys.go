package app

import (
	"errors"

	"go.opentelemetry.io/otel/metric"

	"kept.dev/kit/sign"
	"kept.dev/kit/token"
)

// Keys are what an installation signs tokens and links with.
type Keys struct {
	Tokens *token.Issuer
	Links  *sign.Signer
}

// OpenKeys opens them in the folder, makes them at first use, and tells by a metric whether they can be read.
func OpenKeys(folder string, meters metric.MeterProvider) (keys Keys, err error) {
	if keys.Tokens, err = token.NewIssuer(folder); err != nil {
		return keys, err
	}
	if keys.Links, err = sign.Open(folder); err != nil {
		return keys, err
	}
	meter := meters.Meter("kept.dev/kit/keyring")
	return keys, errors.Join(keys.Tokens.Observe(meter), keys.Links.Observe(meter))
}
