package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheShopsCertificateIsTrustedForItsHosts(t *testing.T) {
	trust, text, err := shopCertificate(restHost, grpcHost)
	require.NoError(t, err)
	var secret struct{ StringData map[string]string }
	require.NoError(t, json.Unmarshal([]byte(text), &secret))
	pair, err := tls.X509KeyPair([]byte(secret.StringData["tls.crt"]), []byte(secret.StringData["tls.key"]))
	require.NoError(t, err)
	for host, trusted := range map[string]bool{restHost: true, grpcHost: true, "shop.example.com": false} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: trust})
		require.Equal(t, trusted, err == nil, host)
	}
}
