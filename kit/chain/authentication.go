package chain

import (
	"context"
	"strings"

	"google.golang.org/grpc/metadata"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/token"
)

// authentication finds out who calls, from the bearer token. A call without one goes on as nobody's; whether that
// is enough, access decides. A token that is no good is refused even where none is needed: the caller believes
// to be somebody.
type authentication struct{ verifier Verifier }

func (a authentication) step(ctx context.Context, c *call) error {
	header := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(header) == 0 {
		return c.next(ctx)
	}
	if len(header) > 1 {
		return errs.Unauthenticated(token.Invalid, "there is more than one authorization header")
	}
	scheme, raw, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return errs.Unauthenticated(token.Invalid, "the authorization header has to be: Bearer, a space, the token")
	}
	caller, err := a.verifier.Verify(ctx, raw)
	if err != nil {
		return err
	}
	return c.next(access.With(ctx, caller))
}

// refusing is the verifier of a chain that has none.
type refusing struct{}

func (refusing) Verify(context.Context, string) (access.Principal, error) {
	return access.Principal{}, errs.Unauthenticated(token.Invalid, "no token counts here")
}
