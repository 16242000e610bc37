package chain_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"kept.dev/kit/chain"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// violations are the faults that the caller is told of, by field.
func violations(err error) map[string]string {
	found := map[string]string{}
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				found[v.GetField()] = v.GetDescription()
			}
		}
	}
	return found
}

func TestValidation(t *testing.T) {
	services := opsv1.File_kept_ops_v1_ops_service_proto.Services()
	warm, err := chain.NewValidator(services.Get(0), services.Get(1))
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		method string
		req    proto.Message
		want   map[string]string
	}{
		"right": {replay, sound, map[string]string{}},
		"pattern": {replay, &opsv1.ReplayDeadLetterRequest{Name: "private@example.org"}, map[string]string{
			"name": "must match ^services/[a-z]{1,32}/deadLetters/[A-Za-z0-9._~-]{1,200}$"}},
		"too long": {list, &opsv1.ListDeadLettersRequest{Parent: "services/" + strings.Repeat("a", 33)}, map[string]string{
			"parent": "must be at most 41 characters"}},
		"all faults at once": {advance, &opsv1.AdvanceClockRequest{Name: "clock"}, map[string]string{
			"name": "must equal `sandbox/clock`", "duration": "must be set"}},
		"a bound": {advance, &opsv1.AdvanceClockRequest{Name: "sandbox/clock", Duration: durationpb.New(-time.Second)}, map[string]string{
			"duration": "must be greater than or equal to 0s and less than or equal to 316224000s"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, validator := range []protovalidate.Validator{warm, nil} {
				b := newBench(t, func(c *chain.Config) { c.Validator = validator })
				err := b.call(as(t.Context(), ada), tc.method, tc.req, well)
				require.Equal(t, tc.want, violations(err))
				if len(tc.want) > 0 {
					require.Equal(t, codes.InvalidArgument, status.Code(err))
					require.NotContains(t, err.Error(), "private@example.org")
				}
			}
		})
	}
}

func TestIdempotencyKey(t *testing.T) {
	for name, tc := range map[string]struct {
		keys []string
		good bool
	}{
		"none":     {nil, true},
		"one":      {[]string{"k"}, true},
		"longest":  {[]string{strings.Repeat("k", 255)}, true},
		"too long": {[]string{strings.Repeat("k", 256)}, false},
		"empty":    {[]string{""}, false},
		"blank":    {[]string{" \t"}, false},
		"two":      {[]string{"k", "k"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var pairs []string
			for _, k := range tc.keys {
				pairs = append(pairs, "idempotency-key", k)
			}
			err := newBench(t, plain).call(as(t.Context(), ada, pairs...), replay, sound, well)
			if tc.good {
				require.NoError(t, err)
				return
			}
			require.Equal(t, codes.InvalidArgument, status.Code(err))
			require.Contains(t, violations(err), "idempotency-key")
		})
	}
}

func TestARequestThatIsNoMessageIsOurFault(t *testing.T) {
	err := newBench(t, plain).call(as(t.Context(), ada), replay, "text", func(context.Context) error { return nil })
	require.Equal(t, codes.Internal, status.Code(err))
}
