package chain_test

import (
	"math"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	opsv1 "kept.dev/proto/gen/kept/ops/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

func TestSoundness(t *testing.T) {
	const (
		notUTF8, nul = "must be valid UTF-8", "must not contain the character NUL"
		blank        = "must have a character that can be seen, not only spaces and their like"
		noTime       = "must be a time in the years 1 to 9999, with nanos from 0 to 999999999"
		noDuration   = "must be at most 315576000000 seconds either way, with nanos below a second and of the same sign"
	)
	for name, tc := range map[string]struct {
		req  proto.Message
		want map[string]string
	}{
		"a NUL":     {&opsv1.DeadLetter{Error: "a\x00b"}, map[string]string{"error": nul}},
		"not UTF-8": {&opsv1.DeadLetter{Error: "a\xff"}, map[string]string{"error": notUTF8}},
		"both, in lists and below messages": {&opsv1.ListDeadLettersResponse{
			DeadLetters: []*opsv1.DeadLetter{{}, {Subject: "\x00"}}, NextPageToken: "\xc0\x80",
		}, map[string]string{"dead_letters[1].subject": nul, "next_page_token": notUTF8}},
		"in a list of texts": {&validate.StringRules{In: []string{"", "\x00"}}, map[string]string{"in[1]": nul}},
		"in a map": {&errdetails.ErrorInfo{Metadata: map[string]string{"k\xff": "\x00"}}, map[string]string{
			"metadata[\"k\uFFFD\"]": nul}}, // of two faults at one place the last is seen here
		"deep": {&structpb.ListValue{Values: []*structpb.Value{structpb.NewListValue(&structpb.ListValue{
			Values: []*structpb.Value{{Kind: &structpb.Value_StringValue{StringValue: "\x00"}}}})}},
			map[string]string{"values[0].list_value.values[0].string_value": nul}},
		"a blank":                 {&supportv1.ReplyCaseRequest{Name: "cases/1", Body: "\u3000\u200b"}, map[string]string{"body": blank}},
		"a blank further down":    {&orderv1.CreateProductRequest{Product: &orderv1.Product{DisplayName: " "}}, map[string]string{"product.display_name": blank}},
		"no time":                 {&opsv1.Clock{CurrentTime: &timestamppb.Timestamp{Seconds: math.MaxInt64}}, map[string]string{"current_time": noTime}},
		"nanos below zero":        {&opsv1.Clock{CurrentTime: &timestamppb.Timestamp{Nanos: -1}}, map[string]string{"current_time": noTime}},
		"no duration":             {&opsv1.AdvanceClockRequest{Duration: &durationpb.Duration{Seconds: math.MinInt64}}, map[string]string{"duration": noDuration}},
		"a duration of two signs": {&opsv1.AdvanceClockRequest{Duration: &durationpb.Duration{Seconds: 1, Nanos: -1}}, map[string]string{"duration": noDuration}},
	} {
		t.Run(name, func(t *testing.T) {
			err := newBench(t, plain).call(as(t.Context(), ada), replay, tc.req, well)
			require.Equal(t, codes.InvalidArgument, status.Code(err))
			require.Equal(t, tc.want, violations(err))
		})
	}
}

func TestOnlySoManyFaultsAreTold(t *testing.T) {
	bad := make([]string, 1000)
	for i := range bad {
		bad[i] = "\x00"
	}
	err := newBench(t, plain).call(as(t.Context(), ada), replay, &validate.StringRules{In: bad}, well)
	require.Len(t, violations(err), 20)
}

func TestUnknownFieldsAreDropped(t *testing.T) {
	inner := &opsv1.DeadLetter{Subject: "s"}
	req := &opsv1.ListDeadLettersResponse{DeadLetters: []*opsv1.DeadLetter{inner}}
	for _, m := range []proto.Message{inner, req} {
		m.ProtoReflect().SetUnknown(protowire.AppendString(protowire.AppendTag(nil, 5000, protowire.BytesType), "new"))
	}
	require.NoError(t, newBench(t, plain).call(as(t.Context(), ada), replay, req, well))
	require.Empty(t, req.ProtoReflect().GetUnknown())
	require.Empty(t, inner.ProtoReflect().GetUnknown())
	require.Equal(t, "s", inner.GetSubject())
}
