package chain_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"kept.dev/kit/chain"
	"kept.dev/kit/errs"
	"kept.dev/kit/token"
)

// brief is a verifier of tokens that are good for a minute.
type brief struct{}

func (brief) Verify(ctx context.Context, raw string, from func() string) (token.Identity, error) {
	known, err := passes{}.Verify(ctx, raw, from)
	known.Until = time.Now().Add(time.Minute)
	return known, err
}

func TestAStreamEndsWithItsToken(t *testing.T) {
	for name, handlersEnd := range map[string]error{"with an error": context.DeadlineExceeded, "without one": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, func(c *chain.Config) { c.Verifier = brief{} })
				began := time.Now()
				err := b.Stream()(nil, &incoming{ctx: as(t.Context(), ada)}, &grpc.StreamServerInfo{FullMethod: replay, IsServerStream: true},
					func(_ any, stream grpc.ServerStream) error {
						<-stream.Context().Done()
						return handlersEnd
					})
				require.Equal(t, time.Minute, time.Since(began))
				require.Equal(t, codes.Unauthenticated, status.Code(err))
				require.Equal(t, token.Expired, errs.ReasonOf(err))
			})
		})
	}
}

// A call that has begun is finished: it is short.
func TestACallMayOutliveItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *chain.Config) { c.Verifier, c.Deadline = brief{}, time.Hour })
		require.NoError(t, b.call(as(t.Context(), ada), replay, sound, func(ctx context.Context) error {
			time.Sleep(2 * time.Minute)
			return ctx.Err()
		}))
	})
}

// Who gives up is told just that, be the token good or not.
func TestAStreamThatItsCallerEnds(t *testing.T) {
	b := newBench(t, func(c *chain.Config) { c.Verifier = brief{} })
	ctx, cancel := context.WithCancel(as(t.Context(), ada))
	err := b.Stream()(nil, &incoming{ctx: ctx}, &grpc.StreamServerInfo{FullMethod: replay, IsServerStream: true},
		func(_ any, stream grpc.ServerStream) error {
			cancel()
			<-stream.Context().Done()
			return stream.Context().Err()
		})
	require.Equal(t, codes.Canceled, status.Code(err))
}

func TestNetworks(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:80": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "[::1]:80": "::/64",
		"2001:db8::1": "2001:db8::/64", "[fe80::1%eth0]:80": "fe80::/64", "not an address": "not an address",
	} {
		require.Equal(t, want, chain.Network(address))
	}
}
