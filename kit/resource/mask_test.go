package resource_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
)

func TestPaths(t *testing.T) {
	c := &customerv1.Customer{DisplayName: "Olena", Email: "o@example.org"}
	allowed := []string{"display_name", "language_code", "email"}
	for name, test := range map[string]struct{ mask, want []string }{
		"none":       {nil, []string{"display_name", "email"}},
		"all":        {[]string{"*"}, allowed},
		"some":       {[]string{"language_code"}, []string{"language_code"}},
		"what it is": {[]string{"name", "etag", "email"}, []string{"email"}},
		"twice":      {[]string{"email", "email"}, []string{"email"}},
	} {
		got, err := resource.MaskPaths(&fieldmaskpb.FieldMask{Paths: test.mask}, c, allowed...)
		require.NoError(t, err, name)
		require.Equal(t, test.want, got, name)
	}
	for _, bad := range []string{"create_time", "nonsense", "display_name.x", ""} {
		_, err := resource.MaskPaths(&fieldmaskpb.FieldMask{Paths: []string{bad}}, c, allowed...)
		require.Equal(t, codes.InvalidArgument, errs.KindOf(err), bad)
	}
}

func TestApplySetsAndClears(t *testing.T) {
	c := &customerv1.Customer{DisplayName: "Olena", LanguageCode: "uk", Email: "o@example.org"}
	resource.ApplyMask(c, &customerv1.Customer{DisplayName: "Olha", Email: "new@example.org"}, []string{"display_name", "language_code"})
	require.Equal(t, "Olha", c.GetDisplayName())
	require.Empty(t, c.GetLanguageCode())
	require.Equal(t, "o@example.org", c.GetEmail())
}
