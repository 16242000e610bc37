package chain

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/token"
)

// authentication finds out who calls, from the bearer token. A call without one goes on as an anonymous one; whether that
// is enough, access decides. A token that is no good is refused even where none is needed: the caller believes
// to be somebody.
type authentication struct {
	verifier  Verifier
	addresses addresses
}

func (a authentication) step(ctx context.Context, c *call) error {
	header := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(header) == 0 {
		return c.next(ctx)
	}
	raw, err := Bearer(header)
	if err != nil {
		return err
	}
	caller, err := a.verifier.Verify(ctx, raw, func() string { return a.addresses.of(ctx) })
	if err != nil {
		return err
	}
	ctx = access.With(ctx, caller.Principal)
	if c.stream {
		return untilExpiry(ctx, caller.Until, c)
	}
	return c.next(ctx)
}

// Bearer is the token in the authorization header, which has to have one value.
func Bearer(header []string) (string, error) {
	if len(header) > 1 {
		return "", errs.Unauthenticated(token.Invalid, "there is more than one authorization header")
	}
	scheme, raw, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return "", errs.Unauthenticated(token.Invalid, "the authorization header has to be: Bearer, a space, the token")
	}
	return raw, nil
}

// untilExpiry ends a stream when its token expires. Until then the token counts as it did at the beginning.
func untilExpiry(ctx context.Context, until time.Time, c *call) error {
	expired := errs.Unauthenticated(token.Expired, "the token has expired; get a new one, and open the stream again")
	bounded, cancel := context.WithDeadlineCause(ctx, until, expired)
	defer cancel()
	err := c.next(bounded)
	if ctx.Err() == nil && bounded.Err() != nil && context.Cause(bounded) == error(expired) { //nolint:errorlint // the very same
		return expired
	}
	return err
}

// refusing is the verifier of a chain that has none.
type refusing struct{}

func (refusing) Verify(context.Context, string, func() string) (token.Identity, error) {
	return token.Identity{}, errs.Unauthenticated(token.Invalid, "no token counts here")
}
