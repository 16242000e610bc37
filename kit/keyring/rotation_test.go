package keyring

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLinksFromBeforeARotationAreGoodAfterIt(t *testing.T) {
	now := time.Now()
	folder := t.TempDir()
	running, err := open(folder, func() time.Time { return now })
	require.NoError(t, err)
	elsewhere, err := OpenSigner(folder)
	require.NoError(t, err)
	before := running.Sign("action", "m1", "WAIT")
	for range 3 {
		require.NoError(t, elsewhere.Rotate(0))
	}
	after := elsewhere.Sign("action", "m1", "WAIT")
	require.NotEqual(t, before, after)
	require.Equal(t, before, running.Sign("action", "m1", "WAIT"), "not looked at each call")
	require.True(t, elsewhere.Verify(before, "action", "m1", "WAIT"))
	now = now.Add(Pause)
	require.Equal(t, after, running.Sign("action", "m1", "WAIT"))
	for _, text := range []string{before, after} {
		require.True(t, running.Verify(text, "action", "m1", "WAIT"))
		require.False(t, running.Verify(text, "action", "m2", "WAIT"))
	}
	for range Kept {
		require.NoError(t, elsewhere.Rotate(0))
	}
	require.False(t, elsewhere.Verify(before, "action", "m1", "WAIT"), "the oldest go")
}

func TestDuringTheOverlapBothSignsAreTheSame(t *testing.T) {
	s, err := OpenSigner(t.TempDir())
	require.NoError(t, err)
	before := s.Sign("action", "m1")
	require.NoError(t, s.Rotate(time.Hour))
	require.Len(t, s.Ring(), 2)
	require.Equal(t, before, s.Sign("action", "m1"))
}

func TestWhatIsSealedOutlivesARotation(t *testing.T) {
	old, err := OpenSigner(t.TempDir())
	require.NoError(t, err)
	sealed := old.Seal("tickets", []byte("who"))
	require.NoError(t, old.Rotate(0))
	plain, ok := old.Unseal("tickets", sealed)
	require.True(t, ok)
	require.Equal(t, "who", string(plain))

	ring := old.Ring()
	newest := &Signer{ring: func() (Ring, int) { return ring[:1], 0 }}
	_, ok = newest.Unseal("tickets", sealed)
	require.False(t, ok)
	_, ok = newest.Unseal("tickets", old.Seal("tickets", []byte("who")))
	require.True(t, ok, "the newest key seals")
}

func TestTheKeyFromBeforeThereWereSeveral(t *testing.T) {
	folder := t.TempDir()
	raw := []byte("0123456789abcdef0123456789abcdef")
	require.NoError(t, os.WriteFile(filepath.Join(folder, firstFile), raw, 0o600))
	before := NewSigner(raw)
	s, err := OpenSigner(folder)
	require.NoError(t, err)
	require.Equal(t, before.Sign("action", "m1"), s.Sign("action", "m1"))
	_, known := s.Unseal("tickets", before.Seal("tickets", nil))
	require.True(t, known)
	require.NoError(t, s.Rotate(0))
	require.True(t, s.Verify(before.Sign("action", "m1"), "action", "m1"))
}

func TestABrokenFileChangesNothing(t *testing.T) {
	now := time.Now()
	folder := t.TempDir()
	s, err := open(folder, func() time.Time { return now })
	require.NoError(t, err)
	good := s.Sign("action", "m1")
	require.True(t, s.watch.Readable())
	for _, text := range []string{"{", `{"keys":[]}`, `{"keys":[{"kty":"oct","k":"c2hvcnQ"}]}`} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, keyFile), []byte(text), 0o600))
		now = now.Add(Pause)
		require.Equal(t, good, s.Sign("action", "m1"))
		require.False(t, s.watch.Readable())
		_, err := OpenSigner(folder)
		require.Error(t, err, "nobody starts on it")
		require.NotContains(t, err.Error(), "c2hvcnQ")
	}
}
