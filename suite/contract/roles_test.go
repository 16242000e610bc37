package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/id"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// TestRoles calls every RPC as everybody: what is allowed and what is refused is what the rule in the contract says, and
// refused calls change nothing.
func TestRoles(t *testing.T) {
	w := newFixture(t)
	cases := 0
	for _, r := range rpcs(t) {
		t.Run(r.String(), func(t *testing.T) {
			sample := w.sample(t, r)
			w.settle()
			before := w.data.tables(t)
			for way, call := range w.ways(r) {
				cases += w.refusals(t, way, call, r, sample)
			}
			w.settle()
			require.Equal(t, before, w.data.tables(t), "refused calls change nothing")
			for way, call := range w.ways(r) {
				cases += w.admissions(t, way, call, r)
			}
		})
	}
	t.Logf("%d calls by RPC, role and way", cases)
}

// roles are all roles but the customer's, who is many.
func roles() []accessv1.Role {
	return []accessv1.Role{
		accessv1.Role_ROLE_GUEST, accessv1.Role_ROLE_AGENT, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN,
		accessv1.Role_ROLE_PARTNER, accessv1.Role_ROLE_SERVICE,
	}
}

func TestRolesAreAllThereAre(t *testing.T) {
	require.Len(t, roles(), accessv1.Role(0).Descriptor().Values().Len()-2, "all but ROLE_UNSPECIFIED and ROLE_CUSTOMER")
}

func (r rpc) allows(role accessv1.Role) bool {
	return r.open() || slices.Contains(r.rule.GetRoles(), role)
}

// refusals are the calls of those who may not.
func (w *fixture) refusals(t *testing.T, way string, call way, r rpc, sample proto.Message) (cases int) {
	refused := func(who, token string, code codes.Code, reason string) {
		cases++
		a := call(t, r, token, "", sample)
		require.Equal(t, code.String()+" "+reason, a.code().String()+" "+a.reason(), "%s as %s: %v", way, who, a)
	}
	refused("expired", w.expired(w.own).token, codes.Unauthenticated, "TOKEN_EXPIRED")
	refused("expired admin", w.expired(w.admin).token, codes.Unauthenticated, "TOKEN_EXPIRED")
	refused("forged", w.forged(w.own).token, codes.Unauthenticated, "TOKEN_INVALID")
	refused("forged admin", w.forged(w.admin).token, codes.Unauthenticated, "TOKEN_INVALID")
	refused("garbage", "garbage", codes.Unauthenticated, "TOKEN_INVALID")
	if r.rule.GetLink() != nil { // the link is another's, for them
		for who, customer := range map[string]caller{"other": w.other, "unknown": w.unknown} {
			refused(who+" customer", customer.token, codes.NotFound, "NOT_FOUND")
		}
	}
	if r.open() {
		return cases
	}
	refused("nobody", "", codes.Unauthenticated, "TOKEN_MISSING")
	for _, role := range roles() {
		if !r.allows(role) {
			refused(role.String(), w.of(role).token, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		}
	}
	for who, customer := range map[string]caller{"own": w.own, "other": w.other, "unknown": w.unknown} {
		if !r.allows(accessv1.Role_ROLE_CUSTOMER) {
			refused(who+" customer", customer.token, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
		} else if who != "own" && r.about() != nil {
			w.sameAsUnknown(t, way, call, r, customer, sample)
			cases++
		}
	}
	return cases
}

// admissions are the calls of those who may. Each gets a request of its own, since some can be carried out once only.
func (w *fixture) admissions(t *testing.T, way string, call way, r rpc) (cases int) {
	succeeds := func(who, token string) answer {
		cases++
		a := call(t, r, token, "", w.sample(t, r))
		require.Equal(t, codes.OK, a.code(), "%s as %s: %v", way, who, a)
		return a
	}
	if r.open() {
		succeeds("nobody", "")
	}
	for _, role := range roles() {
		if r.allows(role) {
			succeeds(role.String(), w.of(role).token)
		}
	}
	if !r.allows(accessv1.Role_ROLE_CUSTOMER) {
		return cases
	}
	own := succeeds("own customer", w.own.token)
	if r.rule.GetLink() != nil {
		return cases
	}
	if r.rule.GetOwn() != nil && r.about() == nil { // a list: everybody may ask, and gets what is theirs
		require.Contains(t, protojson.Format(own.message), w.own.Subject)
		for who, customer := range map[string]caller{"other": w.other, "unknown": w.unknown} {
			a := succeeds(who+" customer", customer.token)
			require.NotContains(t, protojson.Format(a.message), w.own.Subject, "%s sees nothing of another's", who)
		}
	}
	return cases
}

// about is the path of the request's field that says whose data, or which, it is about; nil for lists of everything.
func (r rpc) about() []protoreflect.FieldDescriptor {
	names := []string{r.rule.GetField()}
	if r.rule.GetRow() != nil {
		names = []string{"name", "parent"}
	}
	for _, name := range names {
		if path := pathTo(r.desc.Input(), name); path != nil && !everybodys(path) {
			return path
		}
	}
	return nil
}

// everybodys tells whether a field names what belongs to no customer, so that a list below it is one of everything.
func everybodys(path []protoreflect.FieldDescriptor) bool {
	of, _ := proto.GetExtension(path[len(path)-1].Options(), annotations.E_ResourceReference).(*annotations.ResourceReference)
	return of.GetChildType() == "kept.dev/Account"
}

func pathTo(md protoreflect.MessageDescriptor, name string) []protoreflect.FieldDescriptor {
	var path []protoreflect.FieldDescriptor
	for part := range strings.SplitSeq(name, ".") {
		field := md.Fields().ByName(protoreflect.Name(part))
		if field == nil {
			return nil
		}
		path, md = append(path, field), field.Message()
	}
	return path
}

// sameAsUnknown checks that a request about another's data is answered exactly as one about something that does not exist.
func (w *fixture) sameAsUnknown(t *testing.T, way string, call way, r rpc, customer caller, sample proto.Message) {
	path := r.about()
	name := valueAt(sample, path)
	nowhere := collectionOf(name) + "/" + id.New()
	elsewhere := withValue(sample, path, nowhere)
	if after := pathTo(r.desc.Input(), "last_seen"); after != nil { // it is below the name
		elsewhere = withValue(elsewhere, after, strings.Replace(valueAt(sample, after), name, nowhere, 1))
	}
	foreign := call(t, r, customer.token, "", sample)
	unknown := call(t, r, customer.token, "", elsewhere)
	require.Equal(t, codes.NotFound, foreign.code(), "%s: %v", way, foreign)
	require.Contains(t, withoutName(foreign, name), "NAME")
	require.Equal(t, withoutName(foreign, name), withoutName(unknown, nowhere), "%s: another's and an unknown one", way)
}

// withoutName is all that an answer says, but for the name that was asked for.
func withoutName(a answer, name string) string {
	return strings.ReplaceAll(protojson.Format(a.status.Proto()), name, "NAME")
}

func valueAt(m proto.Message, path []protoreflect.FieldDescriptor) string {
	at := m.ProtoReflect()
	for _, field := range path[:len(path)-1] {
		at = at.Get(field).Message()
	}
	return at.Get(path[len(path)-1]).String()
}

func withValue(m proto.Message, path []protoreflect.FieldDescriptor, value string) proto.Message {
	copied := proto.Clone(m)
	at := copied.ProtoReflect()
	for _, field := range path[:len(path)-1] {
		at = at.Mutable(field).Message()
	}
	at.Set(path[len(path)-1], protoreflect.ValueOfString(value))
	return copied
}
