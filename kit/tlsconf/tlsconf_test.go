package tlsconf

import (
	"crypto/tls"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wall is a clock that the test moves.
type wall struct{ at time.Time }

func (w *wall) now() time.Time { return w.at }
func (w *wall) pass()          { w.at = w.at.Add(interval) }

func newSource(t *testing.T, dir string, names ...string) (*Source, *wall) {
	files, err := DevCA(dir, names...)
	require.NoError(t, err)
	w := &wall{time.Now()}
	s, err := open(files, w.now)
	require.NoError(t, err)
	return s, w
}

// shake connects the two, over the loopback device since a pipe has no buffer for alerts, and returns both ends' errors.
func shake(t *testing.T, server, client *tls.Config) (seen tls.ConnectionState, serverErr, clientErr error) {
	listener, err := tls.Listen("tcp", "127.0.0.1:0", server)
	require.NoError(t, err)
	defer listener.Close()
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		defer conn.Close()
		_, err = conn.Write([]byte("welcome"))
		served <- err
	}()
	raw, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	conn := tls.Client(raw, client)
	defer conn.Close()
	// TLS 1.3: the client hears that its certificate is refused only when it reads.
	_, clientErr = conn.Read(make([]byte, 7))
	if clientErr != nil {
		conn.Close()
	}
	return conn.ConnectionState(), <-served, clientErr
}

func requireTrust(t *testing.T, server, client *Source) tls.ConnectionState {
	t.Helper()
	seen, serverErr, clientErr := shake(t, server.Server(), client.Client("localhost"))
	require.NoError(t, serverErr)
	require.NoError(t, clientErr)
	return seen
}

func TestBothSidesTrustTheirCA(t *testing.T) {
	s, _ := newSource(t, t.TempDir(), "order")
	seen := requireTrust(t, s, s)
	require.Equal(t, "h2", seen.NegotiatedProtocol)
	for _, name := range []string{"order", "127.0.0.1"} {
		_, serverErr, clientErr := shake(t, s.Server(), s.Client(name))
		require.NoError(t, serverErr)
		require.NoError(t, clientErr)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	ours, _ := newSource(t, t.TempDir())
	stranger, _ := newSource(t, t.TempDir())

	trusting := stranger.Client("localhost")
	trusting.VerifyConnection = nil // believes any server
	_, serverErr, clientErr := shake(t, ours.Server(), trusting)
	require.ErrorContains(t, serverErr, "unknown authority")
	require.Error(t, clientErr)

	lenient := stranger.Server().Clone()
	strict := lenient.GetConfigForClient
	lenient.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		cfg, err := strict(hello)
		cfg.ClientAuth = tls.NoClientCert // lets any client in
		return cfg, err
	}
	_, _, clientErr = shake(t, lenient, ours.Client("localhost"))
	require.ErrorContains(t, clientErr, "unknown authority")
}

func TestClientWithoutCertificateIsRefused(t *testing.T) {
	s, _ := newSource(t, t.TempDir())
	bare := s.Client("localhost")
	bare.GetClientCertificate = nil
	_, serverErr, clientErr := shake(t, s.Server(), bare)
	require.ErrorContains(t, serverErr, "didn't provide a certificate")
	require.Error(t, clientErr)
}

func TestServerOfAnotherNameIsRefused(t *testing.T) {
	s, _ := newSource(t, t.TempDir())
	_, _, clientErr := shake(t, s.Server(), s.Client("loyalty"))
	require.ErrorContains(t, clientErr, "not loyalty")
	_, _, clientErr = shake(t, s.Server(), s.Client(""))
	require.ErrorContains(t, clientErr, "by address")
}

func TestRotationWithoutRestart(t *testing.T) {
	dir := t.TempDir()
	s, w := newSource(t, dir)
	server, client := s.Server(), s.Client("localhost")
	before := requireTrust(t, s, s).PeerCertificates[0].SerialNumber

	_, err := DevCA(dir)
	require.NoError(t, err)
	require.Equal(t, before, requireTrust(t, s, s).PeerCertificates[0].SerialNumber, "looked before its time")
	w.pass()
	seen, serverErr, clientErr := shake(t, server, client)
	require.NoError(t, serverErr)
	require.NoError(t, clientErr)
	require.NotEqual(t, before, seen.PeerCertificates[0].SerialNumber)
}

func TestOldCAIsNotTrustedAfterRotation(t *testing.T) {
	dir := t.TempDir()
	s, w := newSource(t, dir)
	old, _ := newSource(t, dir) // never looks again
	*w = wall{time.Now()}
	w.pass()
	requireTrust(t, old, s)

	_, err := DevCA(dir)
	require.NoError(t, err)
	w.pass()
	_, serverErr, _ := shake(t, s.Server(), func() *tls.Config {
		c := old.Client("localhost")
		c.VerifyConnection = nil
		return c
	}())
	require.ErrorContains(t, serverErr, "unknown authority")
}

func TestHalfRotatedFilesKeepTheLastGoodOnes(t *testing.T) {
	dir := t.TempDir()
	s, w := newSource(t, dir)
	require.NoError(t, s.Check())
	other, err := DevCA(t.TempDir())
	require.NoError(t, err)
	move(t, other.Cert, s.files.Cert)
	w.pass()
	requireTrust(t, s, s)
	require.ErrorContains(t, s.Check(), "private key does not match")

	require.NoError(t, os.Remove(s.files.Key))
	w.pass()
	require.ErrorIs(t, s.Check(), os.ErrNotExist)
	requireTrust(t, s, s)

	move(t, other.Key, s.files.Key)
	move(t, other.CA, s.files.CA)
	w.pass()
	require.NoError(t, s.Check())
	requireTrust(t, s, s)
}

func move(t *testing.T, from, to string) {
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, replace(to, text))
}

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	files, err := DevCA(t.TempDir())
	require.NoError(t, err)
	missing := files
	missing.CA = "nowhere"
	_, err = Open(missing)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(files.CA, []byte("no PEM"), 0o600))
	_, err = Open(files)
	require.ErrorContains(t, err, "holds no certificate")
}

func TestKeyIsPrivate(t *testing.T) {
	files, err := DevCA(t.TempDir())
	require.NoError(t, err)
	info, err := os.Stat(files.Key)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}
