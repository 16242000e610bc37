package token

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/access"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

func TestAnIssuedTokenIsAccepted(t *testing.T) {
	issuer, err := NewIssuer(t.TempDir())
	require.NoError(t, err)
	verifier, err := NewVerifier(issuer.Keys(), nil, time.Now)
	require.NoError(t, err)
	for _, p := range []access.Principal{
		{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/0190"},
		{Role: accessv1.Role_ROLE_GUEST, Subject: "guests/7"},
		{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/anna"},
		{Role: accessv1.Role_ROLE_MANAGER, Subject: "managers/eve"},
		{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/root"},
		{Role: accessv1.Role_ROLE_PARTNER, Subject: "partners/acme"},
		{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/order"},
	} {
		raw, err := issuer.Issue(p, time.Hour)
		require.NoError(t, err)
		for range 2 { // checked, then from the cache
			got, err := verifier.Verify(t.Context(), raw)
			require.NoError(t, err)
			require.Equal(t, p, got)
		}
	}
}
