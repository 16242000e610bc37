package environment

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"kept.dev/gateway"
	"kept.dev/kit/access"
	"kept.dev/kit/app"
	"kept.dev/kit/chain"
	"kept.dev/kit/localserver"
	"kept.dev/kit/peer"
	"kept.dev/kit/process"
	"kept.dev/kit/token"
	contract "kept.dev/proto"
	"kept.dev/suite/embedded"
	"kept.dev/suite/scenario"
)

// Backends are what the distributed suite stands on.
type Backends struct {
	// Databases are the addresses of the services' databases, and Redis that of Redis.
	Databases map[string]string
	Redis     string
	// Keys and Mailbox are the folders of the keys and of the mails.
	Keys, Mailbox string
	// Away is a service that does not run.
	Away string
}

// Distributed runs the suite as it is distributed, on PostgreSQL and Redis, but in this process: one replica of each service and a
// front door, without TLS between them. It ends with stop, or with the test.
func Distributed(t testing.TB, on Backends) (env scenario.Environment, stop func()) {
	t.Helper()
	peers := map[string]string{}
	for name := range embedded.Services() {
		port, err := localserver.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		peers[name] = fmt.Sprintf("127.0.0.1:%d", port)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	running, ctx := errgroup.WithContext(ctx)
	for name, make := range embedded.Services() {
		if name == on.Away {
			continue
		}
		cfg := on.config(t, name, peers)
		running.Go(func() error { return app.Serve(ctx, name, make, cfg) })
	}
	issuer, err := token.NewIssuer(on.Keys)
	if err != nil {
		t.Fatal(err)
	}
	server, closeConns := serveGateway(t, peers, issuer)
	stop = sync.OnceFunc(func() {
		server.Close()
		cancel()
		if err := running.Wait(); err != nil {
			t.Errorf("the suite ended: %v", err)
		}
		closeConns()
	})
	t.Cleanup(stop)
	return scenario.Environment{
		URL: server.URL, HTTP: &http.Client{Timeout: time.Minute}, Soon: 10 * time.Second,
		Token: func(p access.Principal) (string, error) { return issuer.Issue(p, time.Hour) },
	}, stop
}

// config is what the command line of a service would say.
func (on Backends) config(t testing.TB, name string, peers map[string]string) (cfg app.Config) {
	t.Helper()
	var list []string
	for _, service := range slices.Sorted(maps.Keys(peers)) {
		list = append(list, service+"="+peers[service])
	}
	err := process.Parse(name, &cfg, []string{
		"--listen=" + peers[name], "--admin-listen=127.0.0.1:0", "--rate-limit=0", "--log-level=error", "--drain=5s",
		"--database=" + on.Databases[name], "--redis=" + on.Redis, "--peers=" + strings.Join(list, ";"), "--keys=" + on.Keys,
		"--mail-folder=" + on.Mailbox, "--public-url=https://shop.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// serveGateway serves the front door, before services that may not be there yet.
func serveGateway(t testing.TB, peers map[string]string, issuer *token.Issuer) (server *httptest.Server, closeConns func()) {
	t.Helper()
	conns := map[string]grpc.ClientConnInterface{}
	var open []*grpc.ClientConn
	for name, address := range peers {
		conn, err := peer.Dial(address, app.DialCredentials(nil, name), grpc.WithUnaryInterceptor(chain.ClientUnary(nil)))
		if err != nil {
			t.Fatal(err)
		}
		conns[name], open = conn, append(open, conn)
	}
	handler, err := gateway.New(gateway.Config{Conns: conns, OpenAPI: contract.OpenAPI, JWKS: issuer})
	if err != nil {
		t.Fatal(err)
	}
	return httptest.NewServer(handler), func() {
		for _, conn := range open {
			_ = conn.Close()
		}
	}
}
