package observability

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"kept.dev/gateway"
	"kept.dev/kit/access"
	"kept.dev/kit/app"
	"kept.dev/kit/chain"
	"kept.dev/kit/keyring"
	"kept.dev/kit/kittest"
	"kept.dev/kit/localserver"
	"kept.dev/kit/peer"
	"kept.dev/kit/process"
	"kept.dev/kit/tlsconf"
	"kept.dev/kit/token"
	contract "kept.dev/proto"
	"kept.dev/suite/embedded"
	"kept.dev/suite/mailsink"
	"kept.dev/suite/scenario"
)

// mesh is the distributed suite, each process of it as its command runs it, but all in this process: SQLite files, a real
// Redis, mutual TLS. What they see of themselves goes to a collector and to their metrics' addresses.
type mesh struct {
	env   scenario.Environment
	spans *collector
	admin map[string]string // process → its admin address

	dir    string
	tls    tlsconf.Files
	redis  *localserver.Redis
	mails  *mailsink.Sink
	listen map[string]string
}

// TestDistributed has what needs the distributed suite, which takes long to start, on one.
func TestDistributed(t *testing.T) {
	kittest.Long(t)
	m := startMesh(t)
	for name, test := range map[string]func(*testing.T, *mesh){
		"one trace through all processes": followTrace, "metrics are those of the page": compareMetrics, "keys are rotated": rotateKeys,
	} {
		t.Run(name, func(t *testing.T) { test(t, m) })
	}
}

func startMesh(t *testing.T) *mesh {
	t.Helper()
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "20") // ms; spans need not wait five seconds for company
	m := &mesh{spans: collect(t), admin: map[string]string{}, dir: t.TempDir(), listen: map[string]string{}}
	issuer, err := token.NewIssuer(m.keys(""))
	require.NoError(t, err)
	_, err = keyring.OpenSigner(m.keys(""))
	require.NoError(t, err)
	m.redis, err = localserver.StartRedis(t.Context(), m.dir)
	require.NoError(t, err)
	t.Cleanup(func() { m.redis.Stop(true) })
	m.mails, err = mailsink.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(m.mails.Stop)
	names := []string{"gateway"}
	for name := range embedded.Services() {
		names = append(names, name)
		m.listen[name] = m.address(t)
	}
	m.tls, err = tlsconf.DevCA(filepath.Join(m.dir, "tls"), names...)
	require.NoError(t, err)
	for _, name := range names {
		m.admin[name] = m.address(t)
		m.hand(t, name)
	}
	for name := range m.listen {
		m.serve(t, name)
	}
	for name := range m.listen {
		require.Eventually(t, func() bool { return m.ready(t, name) }, 30*time.Second, 20*time.Millisecond, name)
	}
	m.env = m.front(t, issuer)
	return m
}

// keys is the folder of keys of a process, as a secret mounted in its Pod would be, and, without a name, the one that they come from.
func (m *mesh) keys(name string) string { return filepath.Join(m.dir, "keys", name) }

// hand hands the keys to a process as they are now.
func (m *mesh) hand(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(m.keys(name), 0o700))
	for _, file := range []string{"keys.json", "link-keys.json"} {
		raw, err := os.ReadFile(filepath.Join(m.keys(""), file))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(m.keys(name), "next"), raw, 0o600))
		require.NoError(t, os.Rename(filepath.Join(m.keys(name), "next"), filepath.Join(m.keys(name), file)))
	}
}

func (m *mesh) address(t *testing.T) string {
	t.Helper()
	port, err := localserver.FreePort()
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// settings are what all processes are told.
func (m *mesh) settings(name string) []string {
	return []string{
		"--admin-listen=" + m.admin[name], "--keys=" + m.keys(name), "--otlp=" + m.spans.url, "--sample-ratio=1",
		"--tls-cert=" + m.tls.Cert, "--tls-key=" + m.tls.Key, "--tls-ca=" + m.tls.CA, "--log-level=error", "--sandbox", "--rate-limit=0",
	}
}

// serve runs a service as its command does, until the test ends.
func (m *mesh) serve(t *testing.T, name string) {
	t.Helper()
	var peers []string
	for service, address := range m.listen {
		peers = append(peers, service+"="+address)
	}
	var cfg app.Config
	require.NoError(t, process.Parse(name, &cfg, append(m.settings(name), "--listen="+m.listen[name],
		"--database=sqlite:"+filepath.Join(m.dir, name+".db"), "--redis="+m.redis.URL(), "--peers="+strings.Join(peers, ";"),
		"--smtp="+m.mails.SMTP(), "--mail-from=The Shop <service@shop.example>", "--drain=5s")))
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- app.Serve(ctx, name, embedded.Services()[name], cfg) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended, name)
	})
}

// front is the front door, put together as its command does.
func (m *mesh) front(t *testing.T, issuer *token.Issuer) scenario.Environment {
	t.Helper()
	var cfg struct {
		app.Common
		app.Mesh
	}
	require.NoError(t, process.Parse("gateway", &cfg, m.settings("gateway")))
	seen, err := cfg.Observe(t.Context(), "gateway")
	require.NoError(t, err)
	source, err := cfg.TLS()
	require.NoError(t, err)
	require.NoError(t, source.Observe(seen.MeterProvider.Meter("kept.dev/kit/tlsconf")))
	keys, err := app.OpenKeys(cfg.Keys, seen.MeterProvider)
	require.NoError(t, err)
	conns := map[string]grpc.ClientConnInterface{}
	for name, address := range m.listen {
		conn, err := peer.Dial(address, app.DialCredentials(source, name),
			grpc.WithUnaryInterceptor(chain.ClientUnary(nil)), grpc.WithStreamInterceptor(chain.ClientStream(nil)))
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		conns[name] = conn
	}
	handler, err := gateway.New(gateway.Config{
		Conns: conns, OpenAPI: contract.OpenAPI, Sandbox: true, JWKS: keys.Tokens, Signer: keys.Links, Log: seen.Logger,
		Tracer: seen.TracerProvider.Tracer("kept.dev/gateway"), Meter: seen.MeterProvider.Meter("kept.dev/gateway"),
	})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	admin := httptest.NewServer(seen.Handler())
	t.Cleanup(admin.Close)
	m.admin["gateway"] = strings.TrimPrefix(admin.URL, "http://")
	t.Cleanup(func() { require.NoError(t, seen.Shutdown(context.WithoutCancel(t.Context()))) })
	return scenario.Environment{
		URL: server.URL, HTTP: &http.Client{Timeout: time.Minute}, Soon: 20 * time.Second,
		Token: func(p access.Principal) (string, error) { return issuer.Issue(p, time.Hour) }, Mails: m.mails.For,
	}
}

func (m *mesh) ready(t *testing.T, name string) bool {
	t.Helper()
	_, code := fetch(t, "http://"+m.admin[name]+"/readyz")
	return code == http.StatusOK
}

// metrics are what Prometheus gets from a process.
func (m *mesh) metrics(t *testing.T, name string) string {
	t.Helper()
	text, code := fetch(t, "http://"+m.admin[name]+"/metrics")
	require.Equal(t, http.StatusOK, code, name)
	return text
}

// fetch is what an address answers; 0 when nobody does.
func fetch(t *testing.T, url string) (text string, code int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", 0
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(raw), res.StatusCode
}
