package chain

import (
	"context"

	"kept.dev/kit/access"
)

// rules decides whether the caller may call, as the contract says, and lets no answer out that a handler gave without asking
// for the scope where it had to. A stream's requests are looked at as they come in, its answers before the first goes out.
type rules struct{ book *access.Rulebook }

func (r rules) step(ctx context.Context, c *call) error {
	caller := access.Caller(ctx)
	if err := r.book.Admit(caller, c.method); err != nil {
		return err
	}
	if !c.stream {
		if err := r.book.Own(caller, c.method, c.request); err != nil {
			return err
		}
	}
	ctx = r.book.Guard(ctx, c.method)
	if err := c.next(ctx); err != nil || c.stream {
		return err
	}
	return access.Asked(ctx)
}
