package access

import (
	"strings"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
)

// Reasons of the refusals.
const (
	TokenMissing   = "TOKEN_MISSING"
	RoleNotAllowed = "ROLE_NOT_ALLOWED"
)

// Check decides a call with one request: Admit, then Own.
func (b *Rulebook) Check(p Principal, method string, req any) error {
	if err := b.Admit(p, method); err != nil {
		return err
	}
	return b.Own(p, method, req)
}

// Admit decides whether the caller's role may call the method at all.
//
// Errors: UNAUTHENTICATED (TOKEN_MISSING) for nobody, PERMISSION_DENIED (ROLE_NOT_ALLOWED) for the wrong role, which says the
// roles that may.
func (b *Rulebook) Admit(p Principal, method string) error {
	r, ok := b.rule(method)
	if !ok {
		if Exempt(method) {
			return nil
		}
		return errs.Denied(RoleNotAllowed, "%s has no access rule here", method)
	}
	switch {
	case r.public || r.allows(p.Role):
		return nil
	case p.Anonymous():
		return errs.Unauthenticated(TokenMissing, "this needs a token: send the header Authorization: Bearer …")
	default:
		return errs.Denied(RoleNotAllowed, "%s needs a token of the role %s", method, r.needed())
	}
}

// Own decides whether the request is about the caller's own data, where the rule names a field for that. Only
// customers and guests are held to it. What names somebody else answers as an unknown name does, because
// whether others' data exists is nobody's business.
//
// Errors: NOT_FOUND for another's name, INVALID_ARGUMENT where there is no name at all.
func (b *Rulebook) Own(p Principal, method string, req any) error {
	r, ok := b.rule(method)
	if !ok || r.own == nil || !ownOnly(p.Role) {
		return nil
	}
	m, ok := req.(proto.Message)
	if !ok {
		return errs.Internal("the request has the wrong type")
	}
	value, ok := r.own.value(m.ProtoReflect())
	switch {
	case !ok:
		return errs.Internal("the request has the wrong type")
	case value == "":
		return errs.Invalid(r.own.name, "must be your own name, %q", p.Subject)
	case !owns(p.Subject, value):
		return errs.NotFound(value)
	}
	return nil
}

// owns tells whether the name is the subject's, or that of something below it.
func owns(subject, name string) bool {
	rest, ok := strings.CutPrefix(name, subject)
	return ok && subject != "" && (rest == "" || rest[0] == '/')
}

func (b *Rulebook) rule(method string) (*rule, bool) {
	if b == nil {
		return nil, false
	}
	r, ok := b.rules[method]
	return r, ok
}
