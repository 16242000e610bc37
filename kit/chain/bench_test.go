package chain_test

import (
	"context"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"kept.dev/kit/access"
	"kept.dev/kit/chain"
	"kept.dev/kit/ratelimit"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// BenchmarkChain is what the chain costs a call: everything on, the token known, the span sampled, and a request
// with one name that is checked by a pattern, as a GetOrder has.
func BenchmarkChain(b *testing.B) {
	services := opsv1.File_kept_ops_v1_ops_service_proto.Services()
	rules, err := access.Rules(services.ByName("DeadLetterService"))
	require.NoError(b, err)
	validator, err := chain.NewValidator(services.ByName("DeadLetterService"))
	require.NoError(b, err)
	issuer, err := token.NewIssuer(b.TempDir())
	require.NoError(b, err)
	verifier, err := token.NewVerifier(issuer.Keys(), nil, time.Now)
	require.NoError(b, err)
	raw, err := issuer.Issue(access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/ada"}, time.Hour)
	require.NoError(b, err)
	request := &opsv1.ReplayDeadLetterRequest{Name: "services/order/deadLetters/01909f3e-7c6a-7c1f-8e5b-2f4b5a6c7d8e"}
	answer := &opsv1.DeadLetter{}
	info := &grpc.UnaryServerInfo{FullMethod: replay}
	handle := func(context.Context, any) (any, error) { return answer, nil }
	ctx := metadata.NewIncomingContext(b.Context(), metadata.Pairs(
		"authorization", "Bearer "+raw, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"idempotency-key", "01909f3e-7c6a-7c1f-8e5b-2f4b5a6c7d8e"))

	for name, sampler := range map[string]sdktrace.Sampler{"sampled": sdktrace.AlwaysSample(), "unsampled": sdktrace.NeverSample()} {
		unary := chain.New(chain.Config{
			Log:      slog.New(slog.DiscardHandler),
			Tracer:   sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(sdktrace.NewBatchSpanProcessor(nowhere{}))).Tracer("bench"),
			Meter:    sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader())).Meter("bench"),
			Verifier: verifier, Rules: rules, Validator: validator,
			Limiter: ratelimit.NewLocal(ratelimit.Limit{Rate: 1e9, Burst: 1e9}, time.Now),
		}).Unary()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			began := cpuTime(b)
			for b.Loop() {
				if _, err := unary(ctx, request, info, handle); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpuTime is what the process has used, which tells more than the wall on a machine that others use too.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// nowhere is an exporter that is as fast as can be.
type nowhere struct{}

func (nowhere) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (nowhere) Shutdown(context.Context) error                             { return nil }
