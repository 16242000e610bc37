package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/id"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// TestAboutNamesWhatThereIsAndMayBeSeen names, wherever callers say what something is about, what there is not and what is
// another's: both are answered alike, whoever asks.
func TestAboutNamesWhatThereIsAndMayBeSeen(t *testing.T) {
	w := newFixture(t)
	mine := map[string]string{
		"case": w.openCase().GetName(), "promise": w.promise(), "message": w.message().GetName(), "order": w.placed().GetName(), "product": w.product,
	}
	w.own, w.other = w.other, w.own // what was made belongs to the other one now
	about := map[string][]protoreflect.FieldDescriptor{}
	found := map[string]rpc{}
	for _, r := range rpcs(t) {
		for _, path := range []string{"about", "case.about"} {
			if field := pathTo(r.desc.Input(), path); r.changes() && field != nil {
				about[r.full()], found[r.full()] = field, r
			}
		}
	}
	require.Len(t, about, 2, "goodwill and cases; a new one is tried at once")
	for method, path := range about {
		r := found[method]
		who := w.mayCall(r)
		for kind, name := range mine {
			theirs := w.overGRPC(t, r, who.token, "", withValue(w.sample(t, r), path, name))
			if kind == "product" {
				require.Equal(t, codes.OK, theirs.code(), "%s is everybody's: %v", name, theirs)
				continue
			}
			nowhere := collectionOf(name) + "/" + id.New()
			none := w.overGRPC(t, r, who.token, "", withValue(w.sample(t, r), path, nowhere))
			require.Equal(t, codes.InvalidArgument, theirs.code(), "%s about %s: %v", r, name, theirs)
			require.Equal(t, withoutName(none, nowhere), withoutName(theirs, name), r)
		}
	}
	for _, request := range []proto.Message{
		&supportv1.CreateCaseRequest{Case: &supportv1.Case{Customer: w.other.Subject, Title: "T", Description: "D", About: mine["promise"]}},
		&loyaltyv1.CreditGoodwillRequest{Name: "programs/main/accounts/" + w.other.Subject[len("customers/"):], Points: 1, Reason: "R", About: mine["case"]},
	} {
		for _, r := range found {
			if r.desc.Input().FullName() == request.ProtoReflect().Descriptor().FullName() {
				a := w.overGRPC(t, r, w.admin.token, "", request)
				require.Equal(t, codes.OK, a.code(), "their own: %v", a)
			}
		}
	}
}
