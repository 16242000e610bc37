package observability

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/keyring"
	"kept.dev/kit/token"
	"kept.dev/suite/scenario"
)

// rotateKeys plays S01, in which services call each other and customers come by signed links, when some
// processes know the new keys and some do not, and again when the new keys sign.
func rotateKeys(t *testing.T, m *mesh) {
	env := m.env
	env.Kills = true // a mail may have a link by the key before the one by which the inbox shows it: both are good
	tell := func(when string) {
		_, err := scenario.Run(t.Context(), env, scenario.Story{Number: "S01", Run: scenario.S01})
		require.NoError(t, err, when)
	}
	issuer, err := token.NewIssuer(m.keys(""))
	require.NoError(t, err)
	signer, err := keyring.OpenSigner(m.keys(""))
	require.NoError(t, err)
	rotate := func(overlap time.Duration) {
		require.NoError(t, issuer.Rotate(overlap))
		require.NoError(t, signer.Rotate(overlap))
	}
	rotate(time.Hour)
	m.hand(t, "order")
	m.hand(t, "notification")
	tell("some know")
	rotate(0)
	for name := range m.admin {
		m.hand(t, name)
	}
	handed := time.Now()
	require.Eventually(t, func() bool { return time.Since(handed) > keyring.Pause }, 2*keyring.Pause, 50*time.Millisecond)
	tell("all know, and new keys sign")
}
