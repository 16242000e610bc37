package token

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"kept.dev/kit/errs"
)

// forged are tokens signed by a stranger, each naming another key.
func forged(t *testing.T) func() string {
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	n := 0
	return func() string {
		n++
		return signed(t, jose.EdDSA, stranger, "forged-"+strconv.Itoa(n), nothing)
	}
}

func from(address string) func() string { return func() string { return address } }

// What an address may try is used up by tokens that are no good, and by them alone.
func TestForgedTokensAreLimitedByAddress(t *testing.T) {
	issuer, err := NewIssuer(t.TempDir())
	require.NoError(t, err)
	now := time.Now()
	keys, looks := issuer.Keys(), 0
	load := keys.load
	keys.load = func(ctx context.Context) (jose.JSONWebKeySet, error) { looks++; return load(ctx) }
	verifier, err := NewVerifier(keys, nil, func() time.Time { return now })
	require.NoError(t, err)
	known, err := issuer.Issue(anna, time.Hour)
	require.NoError(t, err)
	_, err = verifier.Verify(t.Context(), known, from("192.0.2.1"))
	require.NoError(t, err)

	next := forged(t)
	looks = 0
	for range tries.Burst {
		_, err := verifier.Verify(t.Context(), next(), from("192.0.2.1"))
		refused(t, err, Invalid)
	}
	require.Equal(t, tries.Burst, looks)
	_, err = verifier.Verify(t.Context(), next(), from("192.0.2.1"))
	require.Equal(t, codes.ResourceExhausted, errs.KindOf(err))
	require.Equal(t, TooManyTries, errs.ReasonOf(err))
	require.Equal(t, tries.Burst, looks, "it costs nothing more")

	_, err = verifier.Verify(t.Context(), known, from("192.0.2.1"))
	require.NoError(t, err, "who is known there goes on")
	fresh, err := issuer.Issue(anna, time.Hour)
	require.NoError(t, err)
	_, err = verifier.Verify(t.Context(), fresh, from("192.0.2.1"))
	require.Equal(t, TooManyTries, errs.ReasonOf(err))
	_, err = verifier.Verify(t.Context(), fresh, from("192.0.2.2"))
	require.NoError(t, err, "another address is not held back")
	now = now.Add(time.Second)
	_, err = verifier.Verify(t.Context(), next(), from("192.0.2.1"))
	refused(t, err, Invalid)
}

func TestGoodTokensUseUpNothing(t *testing.T) {
	issuer, verifier := bundle(t)
	for range tries.Burst + 1 {
		raw, err := issuer.Issue(anna, time.Hour)
		require.NoError(t, err)
		_, err = verifier.Verify(t.Context(), raw, from("192.0.2.1"))
		require.NoError(t, err)
	}
}

// A forged token names a key that is not there. That must not have the file read again, unless it is another.
func TestTheFileOfKeysIsReadOncePerVersion(t *testing.T) {
	issuer, err := NewIssuer(t.TempDir())
	require.NoError(t, err)
	path, reads := string(fileIn(issuer.dir)), 0
	keys := keysOfFile(path, func() (jose.JSONWebKeySet, error) {
		reads++
		ring, err := fileIn(issuer.dir).Read()
		return ring.Set(), err
	})
	verifier, err := NewVerifier(keys, nil, time.Now)
	require.NoError(t, err)
	next := forged(t)
	for range 10 {
		_, err := verifier.Verify(t.Context(), next(), nil)
		refused(t, err, Invalid)
	}
	require.Equal(t, 1, reads)

	require.NoError(t, issuer.Rotate(0))
	raw, err := issuer.Issue(anna, time.Hour)
	require.NoError(t, err)
	_, err = verifier.Verify(t.Context(), raw, nil)
	require.NoError(t, err)
	require.Equal(t, 2, reads)

	require.NoError(t, os.Remove(path))
	_, err = verifier.Verify(t.Context(), next(), nil)
	require.Equal(t, IssuerUnreachable, errs.ReasonOf(err))
}
