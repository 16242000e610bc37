package keyring

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCodesAreOfAllParts(t *testing.T) {
	s, err := OpenSigner(t.TempDir())
	require.NoError(t, err)
	code := s.Code("email", "c1", "anna@example.org")
	require.Regexp(t, `^[0-9]{6}$`, code)
	require.True(t, s.VerifyCode(code, "email", "c1", "anna@example.org"))
	codes := map[string]bool{}
	for _, parts := range [][]string{{"c2", "anna@example.org"}, {"c1", "ben@example.org"}, {"c1anna@example.org"}, {"c1", "anna@example.org", ""}} {
		other := s.Code("email", parts...)
		require.Equal(t, other == code, s.VerifyCode(code, "email", parts...), parts)
		codes[other] = true
	}
	codes[s.Code("phone", "c1", "anna@example.org")] = true
	require.Greater(t, len(codes), 2, "they differ")
	require.False(t, s.VerifyCode("", "email", "c1", "anna@example.org"))
	require.NoError(t, s.Rotate(0))
	require.True(t, s.VerifyCode(code, "email", "c1", "anna@example.org"), "a code outlives a rotation")
}
