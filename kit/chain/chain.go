// Package chain is what every call goes through before and after its handler: telemetry, error mapping, recovery,
// deadline, authentication, rate limit, access, validation, audit. Handlers then do their own work and nothing else.
package chain

import (
	"context"
	"log/slog"
	"time"

	"buf.build/go/protovalidate"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"

	"kept.dev/kit/access"
	"kept.dev/kit/audit"
	"kept.dev/kit/ratelimit"
	"kept.dev/kit/token"
)

// Config is what a chain needs. What is missing makes it stricter or quieter, never more open: without a Verifier
// no token counts, without Rules nobody may call anything.
type Config struct {
	Log      *slog.Logger
	Tracer   trace.Tracer
	Meter    metric.Meter
	Verifier Verifier
	Rules    *access.Rulebook
	// Limiter bounds each caller; nil bounds nobody.
	Limiter ratelimit.Limiter
	// Validator checks requests; nil is protovalidate's global one. NewValidator makes one that is warm.
	Validator protovalidate.Validator
	// Deadline is the longest that a unary call may take (default 15 s). Streams have none.
	Deadline time.Duration
	// Unbounded are the methods that may take as long as their callers wait, such as moving a sandbox's clock by a year.
	Unbounded []string
	// Reads notes what employees read of customers; nil notes nothing.
	Reads Reads
	// Activity is told of each call; nil when nobody wants to know.
	Activity Activity
}

// Verifier says who a bearer token stands for, and until when. from tells the address that the token comes from, by which
// tokens that are no good are limited; it is asked only for a token that is not known yet.
type Verifier interface {
	Verify(ctx context.Context, raw string, from func() string) (token.Identity, error)
}

// Activity counts work that is under way. The sandbox's clock waits until there is none.
type Activity interface {
	Begin() (end func())
}

const defaultDeadline = 15 * time.Second

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Tracer == nil {
		c.Tracer = tracenoop.Tracer{}
	}
	if c.Meter == nil {
		c.Meter = metricnoop.Meter{}
	}
	if c.Verifier == nil {
		c.Verifier = refusing{}
	}
	if c.Validator == nil {
		c.Validator = protovalidate.GlobalValidator
	}
	if c.Deadline <= 0 {
		c.Deadline = defaultDeadline
	}
	return c
}

// Chain is the interceptors of a server.
type Chain struct {
	steps    []step // of ordinary calls
	platform []step // of health and reflection
	requests requests
}

// New puts the chain together. The order is part of what callers rely on: refused calls count against the caller's rate, a
// caller learns nothing of a request's faults before access is decided, and whatever goes wrong is mapped, counted and traced.
func New(config Config) *Chain {
	config = config.withDefaults()
	rules := rules{config.Rules}
	addresses := addresses{config.Verifier}
	auditing := auditing{config.Reads, config.Rules}
	requests := requests{rules: rules, validation: validation{config.Validator}, auditing: auditing}
	return &Chain{
		steps: []step{
			activity{config.Activity}.step,
			newTelemetry(config.Tracer, config.Meter).step,
			mapping{config.Log}.step,
			recovery,
			deadline{config.Deadline, config.Unbounded}.step,
			authentication{config.Verifier, addresses}.step,
			limit{config.Limiter, addresses}.step,
			rules.step,
			requests.validation.step,
			auditing.step,
		},
		platform: []step{mapping{config.Log}.step, recovery},
		requests: requests,
	}
}

// call is one RPC on its way through the chain.
type call struct {
	method  string // "/kept.order.v1.OrderService/GetOrder"
	stream  bool
	listens bool        // the caller listens to a stream of answers, perhaps for hours
	request any         // nil for streams, whose requests come later
	answer  any         // of the handler; nil for streams
	audited *audit.Call // nil where nothing is noted
	ahead   []step
	handle  func(ctx context.Context) error
}

// step does its part around the rest of the chain, which is c.next. It asks for that once at most.
type step func(ctx context.Context, c *call) error

// next goes on with the rest of the chain, the handler at its end.
func (c *call) next(ctx context.Context) error {
	if len(c.ahead) == 0 {
		return c.handle(ctx)
	}
	first := c.ahead[0]
	c.ahead = c.ahead[1:]
	return first(ctx, c)
}

// stepsFor are the steps that a method's calls go through.
func (c *Chain) stepsFor(method string) []step {
	if access.Exempt(method) {
		return c.platform
	}
	return c.steps
}

// Unary is the chain for unary calls.
func (c *Chain) Unary() grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		one := &call{method: info.FullMethod, request: req, ahead: c.stepsFor(info.FullMethod)}
		one.handle = func(ctx context.Context) (err error) {
			one.answer, err = handle(ctx, req)
			return err
		}
		if err := one.next(ctx); err != nil {
			return nil, err
		}
		return one.answer, nil
	}
}

// Stream is the chain for streaming calls. What has to do with a request is done for each one as it comes in.
func (c *Chain) Stream() grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		one := &call{
			method: info.FullMethod, stream: true, listens: info.IsServerStream, ahead: c.stepsFor(info.FullMethod),
		}
		one.handle = func(ctx context.Context) error {
			return handle(srv, &checkedStream{ServerStream: stream, ctx: ctx, method: info.FullMethod, requests: c.requests, audited: one.audited})
		}
		return one.next(stream.Context())
	}
}
