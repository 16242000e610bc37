package gateway

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/metadata"

	"kept.dev/kit/chain"
)

const (
	maxRequestID      = 128
	maxIdempotencyKey = 255
)

// requestID is the client's, where it is sane, else a new one.
func requestID(h http.Header) string {
	if given := h["X-Request-Id"]; len(given) == 1 && saneID(given[0]) {
		return given[0]
	}
	// It must not be guessed twice, but it is no secret.
	var id [32]byte
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], rand.Uint64())
	binary.BigEndian.PutUint64(b[8:], rand.Uint64())
	hex.Encode(id[:], b[:])
	return string(id[:])
}

func saneID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.:/+=", c) >= 0) {
			return false
		}
	}
	return true
}

// check refuses what is wrong with the headers, the query, the caller or the body, in this order: of a caller who is refused
// no body is read.
func (x *exchange) check() error {
	if err := x.checkHead(); err != nil {
		return err
	}
	return x.readBody()
}

// checkHead refuses what is wrong before the body.
func (x *exchange) checkHead() error {
	if err := x.readKey(); err != nil {
		return err
	}
	if err := x.readAuthorization(); err != nil {
		return err
	}
	if err := x.checkIfMatch(); err != nil {
		return err
	}
	if err := x.readQuery(); err != nil {
		return err
	}
	return x.authenticate()
}

// readKey takes the header Idempotency-Key.
func (x *exchange) readKey() error {
	keys, given := x.r.Header["Idempotency-Key"]
	switch {
	case !given:
		return nil
	case len(keys) != 1:
		return invalidField("Idempotency-Key", "must be given once")
	case strings.TrimSpace(keys[0]) == "" || len(keys[0]) > maxIdempotencyKey || !printable(keys[0]):
		return invalidField("Idempotency-Key", "must have 1 to 255 printable ASCII characters")
	}
	x.idempotencyKey = keys
	return nil
}

// readAuthorization takes the header Authorization. What the token is worth is not known yet.
func (x *exchange) readAuthorization() error {
	given := x.r.Header["Authorization"]
	if len(given) > 1 || len(given) == 1 && !printable(given[0]) {
		return invalidField("Authorization", "must be given once, with no characters but printable ASCII")
	}
	x.authorization = given
	return nil
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// outgoing is the context of the call to the service. Its metadata is all that the service learns of the headers: the token,
// the idempotency key, the request's id and the trace; and where the call comes from, by which callers without a token and
// tokens that are no good are limited. It has what was read of the headers and never a header itself: gRPC refuses what is
// not ASCII as if the service were away. The request's span is the parent of the call's.
func (x *exchange) outgoing() context.Context {
	ctx := x.ctx
	md := make(metadata.MD, 4)
	md["x-request-id"] = x.w.Header()["X-Request-Id"]
	if len(x.authorization) == 1 {
		md["authorization"] = x.authorization
	}
	if x.g.config.Token != nil {
		chain.WithClientAddress(md, x.clientAddress(), x.g.config.Token(ctx))
	}
	if len(x.idempotencyKey) == 1 {
		md["idempotency-key"] = x.idempotencyKey
	}
	if trace.SpanContextFromContext(ctx).IsValid() {
		carrier := propagation.MapCarrier{}
		propagation.TraceContext{}.Inject(ctx, carrier)
		md["traceparent"] = []string{carrier["traceparent"]}
	}
	return metadata.NewOutgoingContext(ctx, md)
}
