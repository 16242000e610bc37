// Package access knows who calls, and what they may reach.
//
// Who may call an RPC is declared in the contract, by the option kept.access.v1.rule. Rules reads the options once,
// refuses to start with an RPC that has none, and then decides each call with one look into a map.
package access

import (
	"context"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Principal is who calls. The zero Principal is nobody: a caller without a token, or no caller at all.
type Principal struct {
	Role accessv1.Role
	// Subject is the caller's resource name: "customers/0190…", "agents/anna", "services/order".
	Subject string
}

// Anonymous tells whether nobody is known to call.
func (p Principal) Anonymous() bool { return p.Role == accessv1.Role_ROLE_UNSPECIFIED }

type callerKey struct{}

// With notes who calls.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, callerKey{}, p)
}

// WithService notes that the named service acts by itself: in its timers, and in what it does about events.
func WithService(ctx context.Context, service string) context.Context {
	return With(ctx, Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/" + service})
}

// Caller is who calls; the zero Principal when that is not known.
func Caller(ctx context.Context) Principal {
	p, _ := ctx.Value(callerKey{}).(Principal)
	return p
}

// Scope is whose rows a caller may see. Stores add it to their queries.
type Scope struct {
	// Customer is the only customer whose rows may be seen, or "" where all may be.
	Customer string
}

// nobodysRows is a scope that no row is in: no customer has an empty id.
const nobodysRows = "customers/"

// ScopeOf is what the caller may see. Customers and guests see what belongs to their own subject and nothing else;
// everybody else, and the system's own work, sees everything.
//
// A subject that is missing must not open the house, so it becomes a name that no row has.
func ScopeOf(ctx context.Context) Scope {
	p := Caller(ctx)
	if !ownOnly(p.Role) {
		return Scope{}
	}
	if p.Subject == "" {
		return Scope{Customer: nobodysRows}
	}
	return Scope{Customer: p.Subject}
}

// ownOnly tells the roles that reach their own data only.
func ownOnly(r accessv1.Role) bool {
	return r == accessv1.Role_ROLE_CUSTOMER || r == accessv1.Role_ROLE_GUEST
}
