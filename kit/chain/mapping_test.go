package chain_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"

	"kept.dev/kit/chain"
	"kept.dev/kit/errs"
)

// secret is planted in all that goes wrong inside, and looked for in what the caller gets.
const secret = "SELECT-hunter2-FROM-/srv/kept/secret.go"

func TestWhatCallersSeeOfErrors(t *testing.T) {
	gone := status.Error(codes.Unavailable, "dial tcp 10.0.0.7:5432: "+secret)
	for name, tc := range map[string]struct {
		err     error
		code    codes.Code
		reason  string
		message string
		logged  bool
	}{
		"ours":                     {errs.Refused("OUT_OF_STOCK", "sold out"), codes.FailedPrecondition, "OUT_OF_STOCK", "sold out", false},
		"ours, with a cause":       {errs.NotFound("orders/1").Because(errors.New(secret)), codes.NotFound, "NOT_FOUND", `"orders/1" does not exist`, false},
		"ours, wrapped":            {fmt.Errorf("%s: %w", secret, errs.NotFound("orders/1")), codes.NotFound, "NOT_FOUND", `"orders/1" does not exist`, false},
		"ours, unavailable":        {errs.Unavailable("NO_DATABASE", "wait").Because(errors.New(secret)), codes.Unavailable, "NO_DATABASE", "wait", true},
		"ours, internal":           {errs.Internal("broken").Because(errors.New(secret)), codes.Internal, "INTERNAL", "broken", true},
		"a peer's answer":          {errs.Refused("NO_POINTS", "too few").GRPCStatus().Err(), codes.FailedPrecondition, "NO_POINTS", "too few", false},
		"a peer's answer, wrapped": {fmt.Errorf("%s: %w", secret, errs.Refused("NO_POINTS", "too few").GRPCStatus().Err()), codes.FailedPrecondition, "NO_POINTS", "too few", false},
		"a peer's internal error":  {errs.Internal("internal error").GRPCStatus().Err(), codes.Internal, "INTERNAL", "internal error", false},
		"a plain status":           {status.Error(codes.NotFound, "gone"), codes.NotFound, "", "gone", false},
		"a peer that is away":      {gone, codes.Unavailable, "PEER_UNAVAILABLE", "a service that is needed does not answer", true},
		"a transport's fault":      {status.Error(codes.Internal, secret), codes.Internal, "INTERNAL", "internal error", true},
		"an unknown status":        {status.Error(codes.Unknown, secret), codes.Internal, "INTERNAL", "internal error", true},
		"a peer's lost wait":       {status.Error(codes.DeadlineExceeded, secret), codes.DeadlineExceeded, "", "the call took longer than its deadline", false},
		"out of time":              {fmt.Errorf("%s: %w", secret, context.DeadlineExceeded), codes.DeadlineExceeded, "", "the call took longer than its deadline", false},
		"cancelled":                {fmt.Errorf("%s: %w", secret, context.Canceled), codes.Canceled, "", "the caller has cancelled the call", false},
		"anything else":            {errors.New(secret), codes.Internal, "INTERNAL", "internal error", true},
		"the database's":           {&pgconn.PgError{Message: secret, Detail: secret, Where: secret}, codes.Internal, "INTERNAL", "internal error", true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, plain)
			err := b.call(as(t.Context(), ada), replay, sound, func(context.Context) error { return tc.err })
			st := status.Convert(err)
			require.Equal(t, tc.code, st.Code())
			require.Equal(t, tc.reason, errs.ReasonOf(err))
			require.Equal(t, tc.message, st.Message())
			require.NotContains(t, prototext.Format(st.Proto()), "hunter2")
			require.NotContains(t, err.Error(), "hunter2")
			b.expectLogged(t, tc.logged)
		})
	}
}

// expectLogged looks for the secret in the log: the cause is there once, or not at all.
func (b *bench) expectLogged(t *testing.T, wanted bool) {
	t.Helper()
	if !wanted {
		require.Equal(t, []string{""}, b.log.lines())
		return
	}
	require.Len(t, b.log.lines(), 1)
	require.Contains(t, b.log.lines()[0], "method="+replay)
	if !strings.Contains(b.log.lines()[0], "hunter2") {
		require.Fail(t, "the cause is not in the log", b.log.lines()[0])
	}
}

func TestAPanicIsAnInternalError(t *testing.T) {
	for name, value := range map[string]any{"text": secret, "error": errors.New(secret), "ours": errs.NotFound(secret)} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, plain)
			err := b.call(as(t.Context(), ada), replay, sound, func(context.Context) error { panic(value) })
			require.Equal(t, codes.Internal, status.Code(err))
			require.NotContains(t, prototext.Format(status.Convert(err).Proto()), "hunter2")
			require.NotContains(t, prototext.Format(status.Convert(err).Proto()), "goroutine")
			b.expectLogged(t, true)
			require.Contains(t, b.log.lines()[0], "mapping_test.go", "the stack is in the log")
		})
	}
}

func TestTheRequestIDIsInTheAnswerAndInTheLog(t *testing.T) {
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for name, tc := range map[string]struct {
		pairs []string
		want  string // "" where one is made up
	}{
		"the caller's":    {[]string{"x-request-id", "r-1", "traceparent", parent}, "r-1"},
		"the trace's":     {[]string{"traceparent", parent}, "4bf92f3577b34da6a3ce929d0e0e4736"},
		"none":            {nil, ""},
		"with line break": {[]string{"x-request-id", "r\nlevel=INFO"}, ""},
		"too long":        {[]string{"x-request-id", strings.Repeat("r", 129)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *chain.Config) { c.Tracer = sdktrace.NewTracerProvider().Tracer("test") })
			err := b.call(as(t.Context(), ada, tc.pairs...), replay, sound, func(context.Context) error { return errors.New("x") })
			var id string
			for _, detail := range status.Convert(err).Details() {
				if info, ok := detail.(*errdetails.ErrorInfo); ok {
					id = info.GetMetadata()["request_id"]
				}
			}
			require.NotEmpty(t, id)
			require.Contains(t, b.log.lines()[0], "request_id="+id)
			if tc.want != "" {
				require.Equal(t, tc.want, id)
			}
		})
	}
}
