package kube

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCertificatesAreTheAuthoritys(t *testing.T) {
	s, err := NewSecrets(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, s.Certificate("api", x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(10, 89, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}))
	pair, err := tls.LoadX509KeyPair(s.File("api.crt"), s.File("api.key"))
	require.NoError(t, err)
	ca, err := os.ReadFile(s.File("ca.crt"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(ca))

	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "10.89.0.1"})
	require.NoError(t, err)
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "10.89.0.2"})
	require.Error(t, err)
}

func TestUsersAreKnownByTheirTokens(t *testing.T) {
	dir := t.TempDir()
	s, err := NewSecrets(filepath.Join(dir, "secrets"))
	require.NoError(t, err)
	for name, group := range map[string]string{"admin": "system:masters", "system:node:node-1": "system:nodes"} {
		require.NoError(t, s.User(filepath.Join(dir, name), "10.89.0.1:6443", name, group))
	}
	known, err := os.ReadFile(s.File("tokens.csv"))
	require.NoError(t, err)
	for line := range strings.Lines(string(known)) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		require.Len(t, fields, 4)
		config, err := os.ReadFile(filepath.Join(dir, fields[1]))
		require.NoError(t, err)
		require.Contains(t, string(config), "token: "+fields[0]+"}")
	}
}
