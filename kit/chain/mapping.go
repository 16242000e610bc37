package chain

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"kept.dev/kit/errs"
)

// mapping is the one place where errors become what callers see. What we made for callers (kit/errs, and the
// statuses of other services) passes; everything else is "internal error" with the request's id, under which the
// cause is in the log, once.
type mapping struct{ log *slog.Logger }

func (m mapping) step(ctx context.Context, c *call) error {
	if err := c.next(ctx); err != nil {
		return m.visible(ctx, c, err)
	}
	return nil
}

func (m mapping) visible(ctx context.Context, c *call, err error) error {
	var (
		own    *errs.Error
		status interface{ GRPCStatus() *status.Status }
	)
	switch {
	case errors.As(err, &own):
		return m.own(ctx, c, own)
	case errors.As(err, &status):
		return m.peers(ctx, c, err, status.GRPCStatus())
	case errors.Is(err, context.DeadlineExceeded):
		return outOfTime()
	case errors.Is(err, context.Canceled):
		return cancelled()
	}
	return m.internal(ctx, c, err)
}

// own passes our own error, without what it is wrapped in or caused by.
func (m mapping) own(ctx context.Context, c *call, err *errs.Error) error {
	switch errs.KindOf(err) {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		id := requestID(ctx)
		m.note(ctx, slog.LevelError, c, id, err)
		err = err.With("request_id", id)
	case codes.Unavailable, codes.DeadlineExceeded:
		if err.Unwrap() != nil {
			m.note(ctx, slog.LevelWarn, c, requestID(ctx), err)
		}
	}
	return err.GRPCStatus().Err()
}

// peers passes a status. Those that gRPC's client makes by itself when a peer is away have addresses in their
// text; they are told from a peer's answer by the missing ErrorInfo, and keep no more than their code.
func (m mapping) peers(ctx context.Context, c *call, err error, st *status.Status) error {
	if answered(st) {
		return st.Err()
	}
	switch st.Code() {
	case codes.Unavailable:
		m.note(ctx, slog.LevelWarn, c, requestID(ctx), err)
		return errs.Unavailable("PEER_UNAVAILABLE", "a service that is needed does not answer").GRPCStatus().Err()
	case codes.DeadlineExceeded:
		return outOfTime()
	case codes.Canceled:
		return cancelled()
	case codes.OK, codes.Unknown, codes.Internal, codes.DataLoss:
		return m.internal(ctx, c, err)
	}
	return st.Err()
}

func answered(st *status.Status) bool {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == errs.Domain {
			return st.Code() != codes.OK
		}
	}
	return false
}

func (m mapping) internal(ctx context.Context, c *call, err error) error {
	id := requestID(ctx)
	m.note(ctx, slog.LevelError, c, id, err)
	return errs.Internal("internal error").With("request_id", id).GRPCStatus().Err()
}

func (m mapping) note(ctx context.Context, level slog.Level, c *call, id string, err error) {
	attrs := []slog.Attr{slog.String("method", c.method), slog.String("request_id", id), slog.String("error", err.Error())}
	var p *panicked
	if errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	m.log.LogAttrs(ctx, level, "call failed", attrs...)
}

func outOfTime() error {
	return status.Error(codes.DeadlineExceeded, "the call took longer than its deadline")
}

func cancelled() error { return status.Error(codes.Canceled, "the caller has cancelled the call") }

// maxRequestID is how long a caller's own request id may be.
const maxRequestID = 128

// requestID is how the caller and the log speak of the same call: the caller's x-request-id, else the trace's id.
func requestID(ctx context.Context) string {
	if own := metadata.ValueFromIncomingContext(ctx, "x-request-id"); len(own) == 1 && plain(own[0]) {
		return own[0]
	}
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		return span.TraceID().String()
	}
	return rand.Text()
}

// plain keeps line breaks and the like out of logs.
func plain(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxRequestID
}
