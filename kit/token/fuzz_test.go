package token

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/errs"
)

// FuzzVerify: whatever comes in, the verifier neither panics nor accepts anything but the token that was issued.
func FuzzVerify(f *testing.F) {
	issuer, verifier := bundle(f)
	good, err := issuer.Issue(anna, time.Hour)
	require.NoError(f, err)
	parts := strings.Split(good, ".")
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for _, seed := range []string{
		"", ".", "..", "a.b.c", good[:len(good)-1], good + "A", parts[0] + "." + parts[1] + ".",
		encode(`{"alg":"none"}`) + "." + parts[1] + ".",
		encode(`{"alg":"HS256"}`) + "." + parts[1] + "." + parts[2],
		parts[0] + "." + encode(`{"iss":"kept","exp":1e999,"sub":[],"role":{}}`) + "." + parts[2],
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := verifier.Verify(t.Context(), raw, nil)
		if raw == good {
			return
		}
		require.Error(t, err)
		require.Contains(t, []string{Invalid, Expired}, errs.ReasonOf(err))
		require.Equal(t, Identity{}, p)
	})
}
