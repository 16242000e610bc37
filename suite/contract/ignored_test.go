package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// TestIgnoredInput writes into every request what does not count: all output only fields, and a field that this version
// of the contract does not know. The call succeeds, and nothing of it comes back.
func TestIgnoredInput(t *testing.T) {
	w := newFixture(t)
	for _, r := range rpcs(t) {
		t.Run(r.String(), func(t *testing.T) {
			for way, call := range w.ways(r) {
				request := pretend(r, w.sample(t, r))
				a := call(t, r, w.mayCall(r).token, "", request)
				require.Equal(t, codes.OK, a.code(), "%s: %v", way, a)
				answer := protojson.Format(a.message)
				require.NotContains(t, answer, pretended)
				require.NotContains(t, answer, "1987-06-05")
				require.NotContains(t, string(a.raw), unknown)
			}
		})
	}
}

// What is written where nobody looks, beside the 5th of June 1987.
const (
	pretended = "pretended"
	unknown   = "of a field to come"
)

// pretend fills what the server alone may fill, and adds a field that nobody knows to each message.
func pretend(r rpc, request proto.Message) proto.Message {
	for _, s := range spots(request.ProtoReflect().Descriptor()) {
		switch {
		case r.inPath(s.String()): // it says what is updated
		case s.ignored && s.field().Kind() == protoreflect.StringKind:
			request = s.with(request, protoreflect.ValueOfString(pretended))
		case s.ignored && s.field().Kind() == protoreflect.EnumKind:
			request = s.with(request, protoreflect.ValueOfEnum(1))
		case s.ignored && s.is("google.protobuf.Timestamp"):
			request = s.with(request, protoreflect.ValueOfMessage((&timestamppb.Timestamp{Seconds: 549892800}).ProtoReflect()))
		}
		request = s.spoiled(request, func(in protoreflect.Message, _ protoreflect.FieldDescriptor) {
			in.SetUnknown(protowire.AppendString(protowire.AppendTag(nil, 5000, protowire.BytesType), unknown))
		})
	}
	return request
}
