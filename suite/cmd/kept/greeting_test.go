package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

func TestTheOwnersTokenIsInAFileAndNowhereElse(t *testing.T) {
	cmd := &ServeCmd{Data: t.TempDir()}
	issuer, err := token.NewIssuer(filepath.Join(cmd.Data, "keys"))
	require.NoError(t, err)
	file := filepath.Join(cmd.Data, "admin-token")
	var first []byte
	for range 2 { // the first start, and the next one
		var out bytes.Buffer
		require.NoError(t, cmd.greet(&out, issuer))
		require.Contains(t, out.String(), file)
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotContains(t, out.String(), string(raw))
		if first == nil {
			first = raw
		}
		require.Equal(t, first, raw, "the next start keeps it")
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
		require.NoError(t, os.Chmod(file, 0o644)) // which the next start mends
	}
	verifier, err := token.NewVerifier(issuer.Keys(), nil, time.Now)
	require.NoError(t, err)
	owner, err := verifier.Verify(t.Context(), string(first), nil)
	require.NoError(t, err)
	require.Equal(t, accessv1.Role_ROLE_ADMIN, owner.Role)
}
