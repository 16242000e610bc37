package keyring_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/keyring"
)

func TestSignaturesAreOfAllParts(t *testing.T) {
	s := keyring.NewSigner([]byte("0123456789abcdef0123456789abcdef"))
	good := s.Sign("action", "m1", "WAIT")
	require.Regexp(t, `^[A-Za-z0-9_-]{43}$`, good)
	require.True(t, s.Verify(good, "action", "m1", "WAIT"))
	for name, other := range map[string][]string{
		"purpose": {"ticket", "m1", "WAIT"}, "part": {"action", "m2", "WAIT"}, "order": {"action", "WAIT", "m1"},
		"cut": {"action", "m1W", "AIT"}, "fewer": {"action", "m1"}, "more": {"action", "m1", "WAIT", ""},
	} {
		require.False(t, s.Verify(good, other[0], other[1:]...), name)
	}
	require.False(t, keyring.NewSigner([]byte("another key of thirty-two bytes!")).Verify(good, "action", "m1", "WAIT"))
	require.False(t, s.Verify("", "action", "m1", "WAIT"))
}

func TestProcessesShareTheKey(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "keys")
	signatures := make([]string, 20)
	var group sync.WaitGroup
	for i := range signatures {
		group.Go(func() {
			if s, err := keyring.OpenSigner(folder); err == nil {
				signatures[i] = s.Sign("x")
			}
		})
	}
	group.Wait()
	for _, s := range signatures {
		require.NotEmpty(t, s)
		require.Equal(t, signatures[0], s)
	}
	spoilt := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(spoilt, "link.key"), []byte("short"), 0o600))
	_, err := keyring.OpenSigner(spoilt)
	require.ErrorContains(t, err, "5 bytes")
}

func TestWhatIsSealed(t *testing.T) {
	s := keyring.NewSigner([]byte("0123456789abcdef0123456789abcdef"))
	sealed := s.Seal("tickets", []byte("who"))
	require.NotContains(t, sealed, "who")
	require.NotEqual(t, sealed, s.Seal("tickets", []byte("who")))
	plain, ok := keyring.NewSigner([]byte("0123456789abcdef0123456789abcdef")).Unseal("tickets", sealed)
	require.True(t, ok)
	require.Equal(t, "who", string(plain))
	for name, c := range map[string]struct {
		by            *keyring.Signer
		purpose, text string
	}{
		"another purpose": {s, "ticket", sealed},
		"another key":     {keyring.NewSigner([]byte("another key of thirty-two bytes!")), "tickets", sealed},
		"cut":             {s, "tickets", sealed[:len(sealed)-4]},
		"changed":         {s, "tickets", "AAAA" + sealed[4:]},
		"another text":    {s, "tickets", sealed[:4] + "\n" + sealed[4:]},
		"nothing":         {s, "tickets", ""},
		"no base64":       {s, "tickets", "?" + sealed},
	} {
		_, ok := c.by.Unseal(c.purpose, c.text)
		require.False(t, ok, name)
	}
}
