package access

import (
	"context"
	"fmt"
	"sync/atomic"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Scope is whose rows a caller may see. Stores add it to their queries.
type Scope struct {
	// Customer is the only customer whose rows may be seen, or "" where all may be.
	Customer string
}

// nobodysRows is a customer that no row has, because no customer has an empty id.
const nobodysRows = "customers/"

// ScopeOf is what the caller may see. Employees and services see everything, customers what is their own. Everybody else sees
// nothing: guests, partners, callers without a token, and code that runs for nobody, since a context without a caller must not
// open all rows. Timers and event handlers run as their service.
func ScopeOf(ctx context.Context) Scope {
	asked(ctx)
	switch p := Caller(ctx); {
	case seesAll(p.Role):
		return Scope{}
	case p.Role == accessv1.Role_ROLE_CUSTOMER && p.Subject != "":
		return Scope{Customer: p.Subject}
	default:
		return Scope{Customer: nobodysRows}
	}
}

func seesAll(r accessv1.Role) bool {
	switch r {
	case accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN, accessv1.Role_ROLE_SERVICE:
		return true
	default:
		return false
	}
}

type scopeKey struct{}

// scopeCheck notes whether the handler of a call has asked for the scope.
type scopeCheck struct {
	method string
	asked  atomic.Bool
}

// Guard is Guarded for the methods whose rule says that a caller's own is told by row.
func (b *Rulebook) Guard(ctx context.Context, method string) context.Context {
	if r, ok := b.rule(method); !ok || !r.byRow {
		return ctx
	}
	return Guarded(ctx, method)
}

// Guarded has a call answered only if its handler asks for the scope: one that forgets would show everybody's rows to everybody.
func Guarded(ctx context.Context, method string) context.Context {
	return context.WithValue(ctx, scopeKey{}, &scopeCheck{method: method})
}

// Asked refuses to go on where a handler had to ask for the scope and has not. It is called before a change is committed and before
// anything is answered.
//
// The error is ours and never the caller's: it goes into the log, and the caller gets INTERNAL.
func Asked(ctx context.Context) error {
	check, ok := ctx.Value(scopeKey{}).(*scopeCheck)
	if !ok || check.asked.Load() {
		return nil
	}
	return fmt.Errorf("%s tells callers' own by row, but its handler has not asked for access.ScopeOf", check.method)
}

// Replayed notes that the call is answered with what the same caller was answered before, which needs no scope.
func Replayed(ctx context.Context) { asked(ctx) }

func asked(ctx context.Context) {
	if check, ok := ctx.Value(scopeKey{}).(*scopeCheck); ok {
		check.asked.Store(true)
	}
}
