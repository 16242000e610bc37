package token

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

func BenchmarkVerifyKnownToken(b *testing.B) {
	issuer, err := NewIssuer(b.TempDir())
	require.NoError(b, err)
	verifier, err := NewVerifier(issuer.Keys(), nil, time.Now)
	require.NoError(b, err)
	raw, err := issuer.Issue(access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/0190"}, time.Hour)
	require.NoError(b, err)
	for b.Loop() {
		if _, err := verifier.Verify(b.Context(), raw, nil); err != nil {
			b.Fatal(err)
		}
	}
}
