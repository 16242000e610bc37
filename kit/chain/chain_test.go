package chain_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/access"
	"kept.dev/kit/chain"
	"kept.dev/kit/errs"
	"kept.dev/kit/ratelimit"
	"kept.dev/kit/token"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// spy notes in which order the chain's parts come, and what is known at each.
type spy struct{ seen []string }

func (s *spy) note(ctx context.Context, part string) {
	if trace.SpanContextFromContext(ctx).IsValid() {
		part += " traced"
	}
	if _, bounded := ctx.Deadline(); bounded {
		part += " bounded"
	}
	if !access.Caller(ctx).Anonymous() {
		part += " as " + access.Caller(ctx).Subject
	}
	s.seen = append(s.seen, part)
}

func (s *spy) Begin() func() {
	s.seen = append(s.seen, "begin")
	return func() { s.seen = append(s.seen, "end") }
}

func (s *spy) Verify(ctx context.Context, raw string, from func() string) (token.Identity, error) {
	s.note(ctx, "verify")
	return passes{}.Verify(ctx, raw, from)
}

func (s *spy) Allow(ctx context.Context, _ string) (bool, time.Duration) {
	s.note(ctx, "limit")
	return true, 0
}

func (s *spy) Validate(proto.Message, ...protovalidate.ValidationOption) error {
	s.seen = append(s.seen, "validate")
	return nil
}

func TestTheOrderOfTheChain(t *testing.T) {
	s := &spy{}
	b := newBench(t, func(c *chain.Config) {
		c.Tracer = sdktrace.NewTracerProvider().Tracer("test")
		c.Verifier, c.Limiter, c.Validator, c.Activity = s, s, s, s
	})
	require.NoError(t, b.call(as(t.Context(), ada), replay, sound, func(ctx context.Context) error {
		s.note(ctx, "handle")
		return nil
	}))
	require.Equal(t, []string{
		"begin", "verify traced bounded", "limit traced bounded as admins/ada", "validate",
		"handle traced bounded as admins/ada", "end",
	}, s.seen)
}

// A request with every fault at once is refused for the first in the chain; with that mended, for the next.
func TestWhatIsRefusedFirst(t *testing.T) {
	gate := &limiter{full: true}
	b := newBench(t, func(c *chain.Config) { c.Limiter = gate })
	broken := &opsv1.ReplayDeadLetterRequest{Name: "?"}
	stranger := access.Principal{Role: 1, Subject: "strangers/1"}
	failing := func(context.Context) error { return errs.Refused("TOO_LATE", "no") }

	code := func(who access.Principal, req proto.Message) string {
		return errs.ReasonOf(b.call(as(t.Context(), who), replay, req, failing))
	}
	require.Equal(t, "TOKEN_INVALID", code(stranger, broken))
	require.Equal(t, "RATE_LIMITED", code(access.Principal{}, broken))
	require.Equal(t, "RATE_LIMITED", code(anna, broken))
	gate.full = false
	require.Equal(t, "TOKEN_MISSING", code(access.Principal{}, broken))
	require.Equal(t, "ROLE_NOT_ALLOWED", code(anna, broken))
	require.Equal(t, "INVALID_REQUEST", code(ada, broken))
	require.Equal(t, "TOO_LATE", code(ada, sound))
}

func TestAnEmptyChainIsShut(t *testing.T) {
	empty := &bench{Chain: chain.New(chain.Config{})}
	require.Equal(t, codes.Unauthenticated, status.Code(empty.call(as(t.Context(), ada), replay, sound, well)))
	require.Equal(t, codes.PermissionDenied, status.Code(empty.call(t.Context(), replay, sound, well)))
	require.NoError(t, empty.call(t.Context(), health, nil, well))
}

func TestHealthNeedsNothing(t *testing.T) {
	s := &spy{}
	b := newBench(t, func(c *chain.Config) { c.Activity, c.Limiter, c.Verifier, c.Validator = s, s, s, s })
	require.NoError(t, b.call(as(t.Context(), access.Principal{Role: 1, Subject: "nobody"}), health, nil, well))
	require.Empty(t, s.seen)
	err := b.call(t.Context(), health, nil, func(context.Context) error { panic("health") })
	require.Equal(t, codes.Internal, status.Code(err), "even health may not end the process")
}

// Moving a sandbox's clock may take as long as its caller waits.
func TestSomeMethodsHaveNoDeadline(t *testing.T) {
	b := newBench(t, func(c *chain.Config) { c.Deadline, c.Unbounded = time.Nanosecond, []string{replay} })
	require.NoError(t, b.call(as(t.Context(), ada), replay, sound, func(ctx context.Context) error { return ctx.Err() }))
}

func TestDeadline(t *testing.T) {
	hour, second := time.Hour, time.Second
	for name, tc := range map[string]struct {
		configured time.Duration
		callers    *time.Duration
		want       time.Duration
	}{
		"none set":       {0, nil, 15 * time.Second},
		"configured":     {2 * time.Second, nil, 2 * time.Second},
		"caller's long":  {0, &hour, 15 * time.Second},
		"caller's short": {0, &second, second},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *chain.Config) { c.Deadline = tc.configured })
			ctx := as(t.Context(), ada)
			if tc.callers != nil {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, *tc.callers)
				defer cancel()
			}
			require.NoError(t, b.call(ctx, replay, sound, func(ctx context.Context) error {
				deadline, ok := ctx.Deadline()
				require.True(t, ok)
				require.InDelta(t, tc.want.Seconds(), time.Until(deadline).Seconds(), 0.5)
				return nil
			}))
		})
	}
}

func TestACallThatIsTooSlow(t *testing.T) {
	b := newBench(t, func(c *chain.Config) { c.Deadline = time.Millisecond })
	err := b.call(as(t.Context(), ada), replay, sound, func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	require.Equal(t, codes.DeadlineExceeded, status.Code(err))
}

func TestAuthentication(t *testing.T) {
	b := newBench(t, plain)
	for name, tc := range map[string]struct {
		headers []string
		want    access.Principal
		reason  string
	}{
		"none":           {nil, access.Principal{}, ""},
		"good":           {[]string{"Bearer admins/ada"}, ada, ""},
		"lower case":     {[]string{"bearer admins/ada"}, ada, ""},
		"unknown":        {[]string{"Bearer x"}, access.Principal{}, "TOKEN_INVALID"},
		"other scheme":   {[]string{"Basic YTpi"}, access.Principal{}, "TOKEN_INVALID"},
		"bare token":     {[]string{"admins/ada"}, access.Principal{}, "TOKEN_INVALID"},
		"empty":          {[]string{""}, access.Principal{}, "TOKEN_INVALID"},
		"bearer of none": {[]string{"Bearer "}, access.Principal{}, "TOKEN_INVALID"},
		"two":            {[]string{"Bearer admins/ada", "Bearer customers/carl"}, access.Principal{}, "TOKEN_INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			var pairs []string
			for _, h := range tc.headers {
				pairs = append(pairs, "authorization", h)
			}
			var got access.Principal
			err := b.call(as(t.Context(), access.Principal{}, pairs...), greet, b.purchase(""), func(ctx context.Context) error {
				got = access.Caller(ctx)
				return nil
			})
			require.Equal(t, tc.reason, errs.ReasonOf(err))
			require.Equal(t, tc.want, got)
		})
	}
}

func TestAccess(t *testing.T) {
	b := newBench(t, plain)
	for name, tc := range map[string]struct {
		who    access.Principal
		method string
		req    any
		code   codes.Code
	}{
		"admin":            {ada, replay, sound, codes.OK},
		"agent":            {anna, replay, sound, codes.PermissionDenied},
		"nobody":           {access.Principal{}, replay, sound, codes.Unauthenticated},
		"nobody, public":   {access.Principal{}, greet, b.purchase(""), codes.OK},
		"customer's own":   {carl, buy, b.purchase("customers/carl"), codes.OK},
		"another's":        {carl, buy, b.purchase("customers/dora"), codes.NotFound},
		"method unknown":   {ada, "/shop.Shop/Steal", sound, codes.PermissionDenied},
		"service, service": {order, activity, &opsv1.ReportActivityRequest{}, codes.OK},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.code, status.Code(b.call(as(t.Context(), tc.who), tc.method, tc.req, well)))
		})
	}
}

func TestWithoutTheScopeThereIsNoAnswer(t *testing.T) {
	b := newBench(t, plain)
	ctx := as(t.Context(), carl)
	require.Equal(t, codes.Internal, status.Code(b.call(ctx, look, b.purchase(""), well)))
	require.NoError(t, b.call(ctx, look, b.purchase(""), func(ctx context.Context) error { access.ScopeOf(ctx); return nil }))
	refused := errs.Refused("ORDER_SHIPPED", "too late")
	err := b.call(ctx, look, b.purchase(""), func(context.Context) error { return refused })
	require.Equal(t, "ORDER_SHIPPED", errs.ReasonOf(err), "errors are as they were")
}

func TestRateLimit(t *testing.T) {
	from := func(addr net.Addr, pairs ...string) context.Context {
		return peer.NewContext(as(t.Context(), access.Principal{}, pairs...), &peer.Peer{Addr: addr})
	}
	tcp := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711}
	six := &net.TCPAddr{IP: net.ParseIP("2001:db8:1:2:3:4:5:6"), Port: 4711}
	here := &net.UnixAddr{Net: "bufconn"}
	noted := func(addr net.Addr, token string) context.Context {
		return from(addr, "x-kept-client-address", "198.51.100.7", "x-kept-gateway-token", token)
	}
	for name, tc := range map[string]struct {
		ctx    context.Context
		method string
		want   []string
	}{
		"by subject":                  {as(t.Context(), carl), greet, []string{"customers/carl"}},
		"nobody by address":           {from(tcp), greet, []string{"address/192.0.2.1"}},
		"a network of IPv6":           {from(six), greet, []string{"address/2001:db8:1:2::/64"}},
		"a stranger's note":           {from(tcp, "x-kept-client-address", "198.51.100.7"), greet, []string{"address/192.0.2.1"}},
		"with a token of no service":  {noted(tcp, carl.Subject), greet, []string{"address/192.0.2.1"}},
		"with a forged token":         {noted(tcp, "services/forged"), greet, []string{"address/192.0.2.1"}},
		"our gateway's note":          {noted(tcp, order.Subject), greet, []string{"address/198.51.100.7"}},
		"within the process":          {noted(here, order.Subject), greet, []string{"address/198.51.100.7"}},
		"without a note":              {from(here), greet, []string{"address/bufconn"}},
		"nobody from nowhere":         {as(t.Context(), access.Principal{}), greet, []string{"address/unknown"}},
		"services are not limited":    {as(t.Context(), order), activity, nil},
		"who may not call pays too":   {as(t.Context(), anna), replay, []string{"agents/anna"}},
		"who shows no token pays too": {from(tcp), replay, []string{"address/192.0.2.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			gate := &limiter{}
			b := newBench(t, func(c *chain.Config) { c.Limiter = gate })
			_ = b.call(tc.ctx, tc.method, &opsv1.ReportActivityRequest{}, well)
			require.Equal(t, tc.want, gate.callers)
		})
	}
}

// asker is a verifier that notes where tokens come from which it finds no good.
type asker struct {
	passes
	from []string
}

func (a *asker) Verify(ctx context.Context, raw string, from func() string) (token.Identity, error) {
	found, err := a.passes.Verify(ctx, raw, from)
	if err != nil {
		a.from = append(a.from, from())
	}
	return found, err
}

// A forged token counts against whoever sent it, and not against the gateway, behind which everybody is.
func TestForgedTokensCountAgainstTheClientOfTheGateway(t *testing.T) {
	gateway := &peer.Peer{Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711}}
	for proof, want := range map[string][]string{
		order.Subject: {"198.51.100.7"}, carl.Subject: {"192.0.2.1"}, "services/forged": {"192.0.2.1", "192.0.2.1"},
	} {
		verifier := &asker{}
		b := newBench(t, func(c *chain.Config) { c.Verifier = verifier })
		ctx := peer.NewContext(metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer forged",
			"x-kept-client-address", "198.51.100.7", "x-kept-gateway-token", proof)), gateway)
		require.Equal(t, "TOKEN_INVALID", errs.ReasonOf(b.call(ctx, replay, sound, well)))
		require.Equal(t, want, verifier.from, proof)
	}
}

func TestWhoIsLimitedLearnsWhenToComeAgain(t *testing.T) {
	b := newBench(t, func(c *chain.Config) {
		c.Limiter = ratelimit.NewLocal(ratelimit.Limit{Rate: 1, Burst: 1}, func() time.Time { return time.Unix(0, 0) })
	})
	require.NoError(t, b.call(as(t.Context(), ada), replay, sound, well))
	st := status.Convert(b.call(as(t.Context(), ada), replay, sound, well))
	require.Equal(t, codes.ResourceExhausted, st.Code())
	var retry *durationpb.Duration
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			retry = info.GetRetryDelay()
		}
	}
	require.Equal(t, time.Second, retry.AsDuration())
}

type counter struct{ begun, ended int }

func (c *counter) Begin() func() { c.begun++; return func() { c.ended++ } }

func TestActivity(t *testing.T) {
	for name, tc := range map[string]struct {
		who    access.Principal
		method string
		req    any
		counts int
	}{
		"a call":              {ada, replay, sound, 1},
		"a refused call":      {anna, replay, sound, 1},
		"asking for activity": {order, activity, &opsv1.ReportActivityRequest{}, 0},
		"the clock's hand":    {ada, advance, &opsv1.AdvanceClockRequest{}, 0},
		"health":              {ada, health, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			work := &counter{}
			b := newBench(t, func(c *chain.Config) { c.Activity = work })
			_ = b.call(as(t.Context(), tc.who), tc.method, tc.req, func(context.Context) error {
				require.Equal(t, tc.counts, work.begun)
				require.Zero(t, work.ended)
				return errors.New("even so")
			})
			require.Equal(t, counter{tc.counts, tc.counts}, *work)
		})
	}
}
