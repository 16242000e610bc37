package link

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kept.dev/kit/keyring"
)

func grant() Grant {
	return Grant{Message: "0190-a", Choice: "WAIT", Customer: "customers/olena", Expires: time.UnixMicro(1_790_000_000_000_001)}
}

func TestALinkComesBackAsItWent(t *testing.T) {
	signer := keyring.NewSigner([]byte("0123456789abcdef0123456789abcdef"))
	name := grant().Name(signer)
	require.Regexp(t, `^actions/[A-Za-z0-9_.-]{1,500}$`, name)
	message, choice, signature, ok := Parse(name)
	require.True(t, ok)
	require.Equal(t, "0190-a WAIT", message+" "+choice)
	require.True(t, grant().Signed(signer, signature))
}

// Every part of a grant counts, and so does the key.
func TestALinkIsGoodForNothingElse(t *testing.T) {
	signer := keyring.NewSigner([]byte("0123456789abcdef0123456789abcdef"))
	_, _, signature, _ := Parse(grant().Name(signer))
	for name, change := range map[string]func(*Grant){
		"message":  func(g *Grant) { g.Message = "0190-b" },
		"choice":   func(g *Grant) { g.Choice = "CANCEL" },
		"customer": func(g *Grant) { g.Customer = "customers/ivan" },
		"expiry":   func(g *Grant) { g.Expires = g.Expires.Add(time.Microsecond) },
	} {
		t.Run(name, func(t *testing.T) {
			other := grant()
			change(&other)
			require.False(t, other.Signed(signer, signature))
		})
	}
	require.False(t, grant().Signed(keyring.NewSigner([]byte("another key of thirty-two bytes!")), signature))
	require.False(t, grant().Signed(signer, ""))
}

func TestWhatIsNoLinkIsNotTakenForOne(t *testing.T) {
	for _, name := range []string{"", "actions/", "actions/a.wait", "actions/a.wait.s.x", "actions/a.WAIT.s", "actions/..s", "actions/a..s"} {
		_, _, _, ok := Parse(name)
		require.False(t, ok, "%q", name)
	}
}

func TestParseUndoesName(t *testing.T) {
	signer := keyring.NewSigner([]byte("0123456789abcdef0123456789abcdef"))
	rapid.Check(t, func(t *rapid.T) {
		g := Grant{
			Message: rapid.StringMatching(`[A-Za-z0-9-]{1,64}`).Draw(t, "message"),
			Choice:  rapid.StringMatching(`[A-Z_]{1,20}`).Draw(t, "choice"), Customer: "customers/c",
			Expires: time.UnixMicro(rapid.Int64().Draw(t, "expires")),
		}
		message, choice, signature, ok := Parse(g.Name(signer))
		require.True(t, ok)
		require.Equal(t, g.Message+g.Choice, message+choice)
		require.True(t, g.Signed(signer, signature))
		require.False(t, g.Signed(signer, strings.ToLower(signature)+"x"))
	})
}
