// Package access knows who calls, and what they may reach.
//
// Who may call an RPC is declared in the contract, by the option kept.access.v1.rule. Rules reads the options once,
// refuses to start with an RPC that has none, and then decides each call with one look into a map.
package access

import (
	"context"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// Principal is who calls. The zero Principal is nobody: a caller without a token, or no caller at all.
type Principal struct {
	Role accessv1.Role
	// Subject is the caller's resource name: "customers/0190…", "agents/anna", "services/order".
	Subject string
}

// Anonymous tells whether nobody is known to call.
func (p Principal) Anonymous() bool { return p.Role == accessv1.Role_ROLE_UNSPECIFIED }

// Actor is the caller as contracts show them; nil for nobody.
func (p Principal) Actor() *typepb.Actor {
	if p.Anonymous() {
		return nil
	}
	return &typepb.Actor{Role: p.Role, Principal: p.Subject}
}

// ActorOf is the actor whom a row has kept, by role and name.
func ActorOf(role int64, name string) *typepb.Actor {
	return Principal{Role: accessv1.Role(role), Subject: name}.Actor()
}

// Service is the principal of one of the suite's services: of its calls to others, of its timers and of its event handlers.
func Service(name string) Principal {
	return Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/" + name}
}

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

// ownOnly tells the roles that reach their own data only.
func ownOnly(r accessv1.Role) bool {
	return r == accessv1.Role_ROLE_CUSTOMER || r == accessv1.Role_ROLE_GUEST
}
