package chain

import (
	"context"

	"kept.dev/kit/access"
)

// rules decides whether the caller may call, as the contract says. A stream's requests are looked at as they
// come in.
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
	return c.next(ctx)
}
