package endurance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"kept.dev/suite/cluster"
)

// lines are what connects the order service's replicas to what they stand on and to their peers: a proxy each, which can be
// told to do to the traffic what networks do.
type lines struct {
	server  *toxiproxy.ApiServer
	proxies map[string]*toxiproxy.Proxy // "order-1 postgres"
}

func newLines(t *testing.T) *lines {
	l := &lines{
		server:  toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop()),
		proxies: map[string]*toxiproxy.Proxy{},
	}
	t.Cleanup(func() {
		for _, proxy := range l.proxies {
			proxy.Stop()
		}
	})
	return l
}

// route is a cluster's: it puts proxies where faults are wanted.
func (l *lines) route(from, to, address string) (string, error) {
	fromOrder := strings.HasPrefix(from, "order-") && (to == "postgres" || to == "redis" || strings.HasPrefix(to, "customer-"))
	if !fromOrder && !(strings.HasPrefix(from, "gateway-") && strings.HasPrefix(to, "order-")) {
		return address, nil
	}
	proxy := toxiproxy.NewProxy(l.server, from+" "+to, "127.0.0.1:0", address)
	if err := proxy.Start(); err != nil {
		return "", err
	}
	l.proxies[proxy.Name] = proxy
	return proxy.Listen, nil
}

// toxic is what a network does.
type toxic struct{ kind, attributes string }

var (
	slow     = toxic{"latency", `{"latency": 100, "jitter": 50}`}
	cut      = toxic{"reset_peer", `{"timeout": 0}`}
	halfOpen = toxic{"timeout", `{"timeout": 0}`} // everything is swallowed, and the connection stays
	slowEnd  = toxic{"slow_close", `{"delay": 2000}`}
)

// line is between processes whose names begin so.
type line struct{ from, to string }

func (l line) has(proxy *toxiproxy.Proxy) bool {
	from, to, _ := strings.Cut(proxy.Name, " ")
	return strings.HasPrefix(from, l.from) && strings.HasPrefix(to, l.to)
}

// spoil puts a toxic on the lines, both ways, and returns what takes it away.
func (l *lines) spoil(t *testing.T, what toxic, where ...line) (mend func()) {
	t.Helper()
	var spoilt []*toxiproxy.Proxy
	for _, proxy := range l.proxies {
		if !slices.ContainsFunc(where, func(l line) bool { return l.has(proxy) }) {
			continue
		}
		spoilt = append(spoilt, proxy)
		for _, way := range []string{"upstream", "downstream"} {
			_, err := proxy.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(
				`{"name": %q, "type": %q, "stream": %q, "attributes": %s}`, way, what.kind, way, what.attributes)))
			require.NoError(t, err)
		}
	}
	require.NotEmpty(t, spoilt, "%v", where)
	return func() {
		for _, proxy := range spoilt {
			proxy.Toxics.ResetToxics(t.Context())
		}
	}
}

// readiness is what the processes say of themselves.
func readiness(t *testing.T, c *cluster.Cluster) map[string]bool {
	said := map[string]bool{}
	for _, p := range c.Processes {
		said[p.Name] = p.Ready(t.Context())
	}
	return said
}
