package chain

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/ratelimit"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// RateLimited is the reason of a refusal for calling too often.
const RateLimited = "RATE_LIMITED"

// limit bounds how often one caller calls, whether the calls are allowed or not: anonymous ones by their address. Services are
// trusted to bound themselves: they act for many.
type limit struct {
	limiter   ratelimit.Limiter
	addresses addresses
}

func (l limit) step(ctx context.Context, c *call) error {
	caller := access.Caller(ctx)
	if l.limiter == nil || caller.Role == accessv1.Role_ROLE_SERVICE {
		return c.next(ctx)
	}
	name := caller.Subject
	if caller.Anonymous() {
		name = "address/" + l.addresses.of(ctx)
	}
	if ok, retry := l.limiter.Allow(ctx, name); !ok {
		return errs.Overloaded(RateLimited, retry)
	}
	return c.next(ctx)
}
