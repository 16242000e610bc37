package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	"kept.dev/kit/keyring"
	"kept.dev/kit/process"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

func keys(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var cmd KeysCmd
	require.NoError(t, process.Parse("kept keys", &cmd, args))
	var out bytes.Buffer
	err := cmd.run(&out)
	return out.String(), err
}

func TestKeysForASecret(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "secret")
	out, err := keys(t, "--out", folder)
	require.NoError(t, err)
	require.Regexp(t, `^tokens  [A-Z2-7]{26}  signs\nlinks   [A-Z2-7]{26}  signs\n$`, out)
	require.Equal(t, []string{"keys.json", "link-keys.json"}, names(t, folder))

	_, err = keys(t, "--out", folder)
	require.ErrorContains(t, err, "not empty")
	out, err = keys(t, "--out", folder, "--rotate")
	require.NoError(t, err)
	require.Regexp(t, `^(tokens|links) +\S+ +signs from \S+Z\n(tokens|links) +\S+ +signs\n`, out)
	require.Equal(t, []string{"keys.json", "link-keys.json"}, names(t, folder))
	_, err = keys(t, "--out", t.TempDir(), "--rotate")
	require.ErrorContains(t, err, "no keys")
}

func names(t *testing.T, folder string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestKeysOfASuiteAreRotated(t *testing.T) {
	data := t.TempDir()
	_, err := keys(t, "--data", data)
	require.ErrorContains(t, err, "there is no suite")
	folder := filepath.Join(data, "keys")
	issuer, err := token.NewIssuer(folder)
	require.NoError(t, err)
	signer, err := keyring.OpenSigner(folder)
	require.NoError(t, err)
	raw, err := issuer.Issue(access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/owner"}, time.Hour)
	require.NoError(t, err)
	link := signer.Sign("action", "m1")

	before, err := keys(t, "--data", data)
	require.NoError(t, err)
	after, err := keys(t, "--data", data, "--rotate", "--overlap=0s")
	require.NoError(t, err)
	require.Regexp(t, `^tokens .* signs\ntokens .* verifies\nlinks .* signs\nlinks .* verifies\n$`, after)
	require.NotContains(t, before, "verifies")

	verifier, err := token.NewVerifier(token.KeysIn(folder), nil, time.Now)
	require.NoError(t, err)
	_, err = verifier.Verify(t.Context(), raw, nil)
	require.NoError(t, err)
	fresh, err := keyring.OpenSigner(folder)
	require.NoError(t, err)
	require.True(t, fresh.Verify(link, "action", "m1"))
	require.NotEqual(t, link, fresh.Sign("action", "m1"))
}
