package contract_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// TestBadInput sends every request with every fault that its fields can have. Each is refused, by a 4xx that names the
// field; nothing changes, and the same request without the fault succeeds afterwards.
func TestBadInput(t *testing.T) {
	w := newFixture(t)
	cases := 0
	for _, r := range rpcs(t) {
		t.Run(r.String(), func(t *testing.T) {
			b := &badInput{fixture: w, rpc: r, token: w.mayCall(r).token, request: w.sample(t, r)}
			w.settle()
			before := w.data.tables(t)
			b.messages(t)
			b.keys(t)
			if r.overREST() {
				b.values(t)
				b.http(t)
			}
			require.Empty(t, b.wrong, "%d of %d cases", len(b.wrong), b.cases)
			w.settle()
			require.Equal(t, before, w.data.tables(t), "refused requests change nothing")
			a := w.overGRPC(t, r, b.token, "", b.request)
			require.Equal(t, codes.OK, a.code(), "the request without a fault: %v", a)
			cases += b.cases
		})
	}
	t.Logf("%d bad requests", cases)
}

// mayCall is somebody who may call and sees everything.
func (w *fixture) mayCall(r rpc) caller {
	if r.allows(accessv1.Role_ROLE_ADMIN) {
		return w.admin
	}
	if r.rule.GetRoles()[0] == accessv1.Role_ROLE_CUSTOMER {
		return w.own
	}
	return w.of(r.rule.GetRoles()[0])
}

// badInput is one RPC, a valid request, and what was not refused as it should be.
type badInput struct {
	*fixture
	rpc     rpc
	token   string
	request proto.Message
	cases   int
	wrong   []string
}

// messages sends what is wrong with the message itself.
func (b *badInput) messages(t *testing.T) {
	for _, f := range faults(b.request) {
		a := b.overGRPC(t, b.rpc, b.token, "", f.request)
		field := f.at.String()
		if b.others(field) {
			field = ""
		}
		b.refused("gRPC", f.at.String()+": "+f.what, field, a)
		if !b.sayable(f) {
			continue
		}
		a = b.overREST(t, b.rpc, b.token, "", f.request)
		field = f.at.json()
		if b.others(field) || b.rpc.inPath(f.at.String()) && a.code() == codes.NotFound {
			field = ""
		}
		b.refused("REST", f.at.json()+": "+f.what, field, a)
	}
}

// sayable tells whether REST can carry the fault: JSON can't say everything, and a collection alone in the path is the
// address of something else.
func (b *badInput) sayable(f fault) bool {
	if _, err := protojson.Marshal(f.request); err != nil || !b.rpc.overREST() {
		return false
	}
	parts := strings.Count(f.at.text(b.request), "/")
	return !b.rpc.inPath(f.at.String()) || strings.Count(f.at.text(f.request), "/") >= parts && parts > 0
}

// others tells whether another field of the request has to fit the field, so that either may be found fault with.
func (b *badInput) others(field string) bool {
	return (field == "parent" || field == "name") && pathTo(b.rpc.desc.Input(), "last_seen") != nil
}

// keys sends bad idempotency keys.
func (b *badInput) keys(t *testing.T) {
	long := strings.Repeat("k", 256)
	b.refused("gRPC", "a long key", "idempotency-key", b.overGRPC(t, b.rpc, b.token, long, b.request))
	b.refused("gRPC", "a blank key", "idempotency-key", b.overGRPC(t, b.rpc, b.token, " ", b.request))
	if b.rpc.overREST() {
		b.refused("REST", "a long key", "Idempotency-Key", b.overREST(t, b.rpc, b.token, long, b.request))
	}
}

// refused notes an answer that does not refuse the request as the caller's fault, or does not name the field.
func (b *badInput) refused(way, what, field string, a answer) {
	b.cases++
	theirs := a.code() == codes.InvalidArgument || a.code() == codes.NotFound
	if a.http != 0 {
		theirs = theirs && a.http >= http.StatusBadRequest && a.http < http.StatusInternalServerError
	}
	named := field == "" || a.code() == codes.NotFound
	for _, v := range a.violations() {
		named = named || within(v, field) || within(field, v)
	}
	if !theirs || !named || a.reason() == "" {
		b.wrong = append(b.wrong, fmt.Sprintf("%s, %.120q: %.300v", way, what, a))
	}
}

// within tells whether a field is the other, or a part of it.
func within(field, outer string) bool {
	rest, ok := strings.CutPrefix(field, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
