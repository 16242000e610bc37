package chain

import (
	"context"
	"net"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/ratelimit"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// RateLimited is the reason of a refusal for calling too often.
const RateLimited = "RATE_LIMITED"

// limit bounds how often one caller calls. Services are trusted to bound themselves: they act for many.
type limit struct{ limiter ratelimit.Limiter }

func (l limit) step(ctx context.Context, c *call) error {
	caller := access.Caller(ctx)
	if l.limiter == nil || caller.Role == accessv1.Role_ROLE_SERVICE {
		return c.next(ctx)
	}
	name := caller.Subject
	if caller.Anonymous() {
		name = "address/" + addressOf(ctx)
	}
	if ok, retry := l.limiter.Allow(ctx, name); !ok {
		return errs.Overloaded(RateLimited, retry)
	}
	return c.next(ctx)
}

// addressOf is where an anonymous call comes from. Behind a gateway in the same process all connections look
// alike, so there the address counts that the gateway has noted last; anybody else's note is worth nothing.
func addressOf(ctx context.Context) string {
	from, ok := peer.FromContext(ctx)
	if ok && from.Addr != nil && strings.HasPrefix(from.Addr.Network(), "tcp") {
		host, _, err := net.SplitHostPort(from.Addr.String())
		if err != nil {
			return from.Addr.String()
		}
		return host
	}
	noted := metadata.ValueFromIncomingContext(ctx, "x-forwarded-for")
	if len(noted) == 0 {
		return "unknown"
	}
	all := noted[len(noted)-1]
	return strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:])
}
