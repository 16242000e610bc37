package token

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	"kept.dev/kit/keyring"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// signer is the id of the key that a token is signed with.
func signer(t *testing.T, issuer *Issuer) string {
	t.Helper()
	raw, err := issuer.Issue(anna, time.Hour)
	require.NoError(t, err)
	for _, key := range issuer.JWKS().Keys {
		verifier, err := NewVerifier(KeysOf(keyring.Ring{{JSONWebKey: key}}.Set()), nil, issuer.now)
		require.NoError(t, err)
		if _, err := verifier.Verify(t.Context(), raw, nil); err == nil {
			return key.KeyID
		}
	}
	require.Fail(t, "no key fits")
	return ""
}

func TestAnIssuerHearsOfARotationElsewhere(t *testing.T) {
	now := time.Now()
	running, err := newIssuer(t.TempDir(), func() time.Time { return now })
	require.NoError(t, err)
	old := signer(t, running)
	elsewhere, err := NewIssuer(running.dir)
	require.NoError(t, err)
	require.NoError(t, elsewhere.Rotate(0))
	require.NotEqual(t, old, signer(t, elsewhere))

	require.Equal(t, old, signer(t, running), "not looked at each call")
	now = now.Add(keyring.Pause)
	require.Equal(t, signer(t, elsewhere), signer(t, running))
}

// TestNobodySignsBeforeAllKnow rotates with an overlap, as it has to be where files reach the processes one by one.
func TestNobodySignsBeforeAllKnow(t *testing.T) {
	now := time.Now()
	issuer, err := newIssuer(t.TempDir(), func() time.Time { return now })
	require.NoError(t, err)
	old := signer(t, issuer)
	require.NoError(t, issuer.Rotate(10*time.Minute))
	require.Len(t, issuer.JWKS().Keys, 2, "it is told at once")
	require.Equal(t, old, signer(t, issuer))
	require.NoError(t, issuer.Rotate(20*time.Minute))
	now = now.Add(11 * time.Minute)
	require.Equal(t, issuer.JWKS().Keys[1].KeyID, signer(t, issuer))
	now = now.Add(10 * time.Minute)
	require.Equal(t, issuer.JWKS().Keys[0].KeyID, signer(t, issuer))

	require.NoError(t, issuer.Rotate(time.Minute))
	private := 0
	for _, key := range issuer.Ring() {
		if !key.IsPublic() {
			private++
		}
	}
	require.Equal(t, 2, private, "the one that signs and the one that will")
}

// TestAMountedSecret lays files out as Kubernetes does: the names are links by way of a link to a folder, and that link is
// replaced by another.
func TestAMountedSecret(t *testing.T) {
	source, mount := t.TempDir(), t.TempDir()
	outside, err := NewIssuer(source)
	require.NoError(t, err)
	publish := func(version string) {
		raw, err := os.ReadFile(filepath.Join(source, keyFile))
		require.NoError(t, err)
		require.NoError(t, os.Mkdir(filepath.Join(mount, version), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(mount, version, keyFile), raw, 0o400))
		require.NoError(t, os.Symlink(version, filepath.Join(mount, "..next")))
		require.NoError(t, os.Rename(filepath.Join(mount, "..next"), filepath.Join(mount, "..data")))
	}
	publish("..2026_1")
	require.NoError(t, os.Symlink(filepath.Join("..data", keyFile), filepath.Join(mount, keyFile)))

	now := time.Now()
	running, err := newIssuer(mount, func() time.Time { return now })
	require.NoError(t, err)
	verifier, err := NewVerifier(running.Keys(), nil, time.Now)
	require.NoError(t, err)
	before, err := running.Issue(anna, time.Hour)
	require.NoError(t, err)
	require.NoError(t, outside.Rotate(0))
	publish("..2026_2")
	now = now.Add(keyring.Pause)
	after, err := running.Issue(anna, time.Hour)
	require.NoError(t, err)
	require.Equal(t, outside.JWKS(), running.JWKS())
	for _, raw := range []string{before, after} {
		_, err := verifier.Verify(t.Context(), raw, nil)
		require.NoError(t, err)
	}
	entries, err := os.ReadDir(mount)
	require.NoError(t, err)
	require.Len(t, entries, 4, "nothing was written: two versions and two links")
}

func TestABrokenFileChangesNothing(t *testing.T) {
	now := time.Now()
	issuer, err := newIssuer(t.TempDir(), func() time.Time { return now })
	require.NoError(t, err)
	old := signer(t, issuer)
	for _, text := range []string{"{", `{"keys":[]}`, ""} {
		require.NoError(t, os.WriteFile(filepath.Join(issuer.dir, keyFile), []byte(text), 0o600))
		now = now.Add(keyring.Pause)
		require.Equal(t, old, signer(t, issuer))
	}
	require.NoError(t, os.Remove(filepath.Join(issuer.dir, keyFile)))
	now = now.Add(keyring.Pause)
	require.Equal(t, old, signer(t, issuer))
}

func TestRenewingFollowsARotation(t *testing.T) {
	issuer, err := NewIssuer(t.TempDir())
	require.NoError(t, err)
	source := issuer.Renewing(access.Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/order"}, time.Hour)
	first := source(t.Context())
	require.Equal(t, first, source(t.Context()))
	require.NoError(t, issuer.Rotate(time.Hour))
	require.Equal(t, first, source(t.Context()), "the new key does not sign yet")
	require.NoError(t, issuer.Rotate(0))
	require.NotEqual(t, first, source(t.Context()))
}

// TestServicesOnBothSidesOfARotation has the new file reach two services minutes apart. Each accepts what the other signs, at
// any time.
func TestServicesOnBothSidesOfARotation(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	outside, err := newIssuer(t.TempDir(), clock)
	require.NoError(t, err)
	type service struct {
		issuer   *Issuer
		verifier *Verifier
	}
	copyTo := func(dir string) {
		raw, err := os.ReadFile(string(fileIn(outside.dir)))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(string(fileIn(dir)), raw, 0o600))
	}
	start := func() service {
		dir := t.TempDir()
		copyTo(dir)
		issuer, err := newIssuer(dir, clock)
		require.NoError(t, err)
		verifier, err := NewVerifier(issuer.Keys(), nil, clock)
		require.NoError(t, err)
		return service{issuer, verifier}
	}
	order, customer := start(), start()
	believes := func(to, from service) {
		t.Helper()
		raw, err := from.issuer.Issue(anna, time.Minute)
		require.NoError(t, err)
		_, err = to.verifier.Verify(t.Context(), raw, nil)
		require.NoError(t, err)
	}
	first := signer(t, order.issuer)
	require.NoError(t, outside.Rotate(10*time.Minute))
	for minute := range 15 {
		switch minute {
		case 1:
			copyTo(order.issuer.dir)
		case 4:
			copyTo(customer.issuer.dir)
		}
		believes(order, customer)
		believes(customer, order)
		now = now.Add(time.Minute)
	}
	require.NotEqual(t, first, signer(t, order.issuer))
	require.Equal(t, signer(t, order.issuer), signer(t, customer.issuer))
}
