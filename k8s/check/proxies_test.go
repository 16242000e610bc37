package check

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// widest is the fewest bits that a trusted network may have: with fewer it is a cluster's, and each Pod in it could pass for any
// address.
var widest = map[bool]int{true: 20, false: 64}

// TestNoNetworkIsTrustedAsAProxyUnlessItIsSet: whoever's X-Forwarded-For is believed can claim any address.
func TestNoNetworkIsTrustedAsAProxyUnlessItIsSet(t *testing.T) {
	eachOverlay(t, func(t *testing.T, o *overlay) {
		for name, m := range o.maps {
			for text := range strings.SplitSeq(m.Data["KEPT_TRUSTED_PROXIES"], ",") {
				if text == "" {
					continue
				}
				network, err := netip.ParsePrefix(text)
				require.NoError(t, err, name)
				require.GreaterOrEqual(t, network.Bits(), widest[network.Addr().Is4()], "%s trusts all of %s", name, network)
			}
		}
	})
	for _, file := range []string{"base/gateway.env", "overlays/embedded/settings.env"} {
		text, err := os.ReadFile(filepath.Join(root, "k8s", file))
		require.NoError(t, err)
		require.Contains(t, string(text), "\n#KEPT_TRUSTED_PROXIES=\n", "%s shows it, and sets nothing", file)
	}
	text, err := os.ReadFile(filepath.Join(root, "k8s/README.md"))
	require.NoError(t, err)
	require.Contains(t, string(text), "KEPT_TRUSTED_PROXIES=")
}
