// Package gateway is the REST front door: it speaks HTTP and JSON to the world and gRPC to the services behind it,
// by the rules that the contract's google.api.http options give.
//
// It is stricter than most: whatever a client sends and the contract does not know (a query parameter, a JSON field,
// a header that would reach a service) is refused or dropped, never guessed at. Services check every token themselves and don't
// trust the gateway; it checks too, so that callers who would be refused cost nothing.
package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"

	"kept.dev/kit/access"
	"kept.dev/kit/chain"
	"kept.dev/kit/keyring"
	"kept.dev/kit/ratelimit"
)

// Config is what a gateway needs.
type Config struct {
	// Conns has the connection to each service by its name: "customer", "order".
	Conns map[string]grpc.ClientConnInterface
	// OpenAPI is the generated description (OpenAPI 3.1), served at /openapi.json.
	OpenAPI []byte
	// PublicURL is where callers reach the gateway, such as "https://shop.example", for the description. Without one it says that
	// the gateway is where the description comes from.
	PublicURL string
	// CORSOrigins are the origins whose pages may call, such as "https://shop.example"; "*" is any. None by default.
	CORSOrigins []string
	// MaxBody is the longest request body in bytes (default 1 MiB).
	MaxBody int64
	// MaxUpload is the longest file in bytes (default 64 MiB, which is what the service takes).
	MaxUpload int64
	// Verifier says who a token stands for, so that who would be refused is refused before the body is read. Nil leaves that to
	// the services.
	Verifier chain.Verifier
	// Token is the gateway's own service token, by which services believe where it says that calls come from. Without one all
	// anonymous calls are limited together, and so are all tokens that are no good.
	Token func(context.Context) string
	// TrustedProxies are the networks, such as "10.0.0.0/8", of proxies whose X-Forwarded-For is believed.
	TrustedProxies []string
	// Timeout is how long a call may take (default 30 s); moving the sandbox's clock has no limit.
	Timeout time.Duration
	// MaxStreams is how many streams may be open at once (default 500). A connection to a service carries 1000 calls, and
	// streams must leave room for the others.
	MaxStreams int
	// Log is told of faults that callers do not see. Nil is silence.
	Log *slog.Logger
	// Tracer makes a span for each request; nil makes none.
	Tracer trace.Tracer
	// Meter measures requests; nil does not.
	Meter metric.Meter
	// Sandbox opens the sandbox's own routes.
	Sandbox bool
	// Signer has the key that all gateways share, so that a stream's ticket from one is good at another. Without one, tickets
	// are good here only.
	Signer *keyring.Signer
	// JWKS serves the keys that sign tokens, at /.well-known/jwks.json; nil leaves the path unknown.
	JWKS http.Handler
}

func (c Config) withDefaults() Config {
	if c.MaxBody == 0 {
		c.MaxBody = 1 << 20
	}
	if c.MaxUpload == 0 {
		c.MaxUpload = 64 << 20
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	if c.MaxStreams == 0 {
		c.MaxStreams = 500
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Tracer == nil {
		c.Tracer = tracenoop.Tracer{}
	}
	if c.Meter == nil {
		c.Meter = metricnoop.Meter{}
	}
	return c
}

// Handler answers every request. It is safe for concurrent use.
type Handler struct {
	config   Config
	routes   *routes
	pages    map[string]*page
	origins  origins
	proxies  proxies
	rules    *access.Rulebook
	refusals *ratelimit.Local
	measures *measures
	streams  *streams
	tickets  *tickets
	actions  *actions
	uploads  *uploads

	encoder     encoder
	exchanges   sync.Pool
	compressors *sync.Pool
}

// New makes the front door. It fails on a connection that is missing, on an origin that is none, and on a contract
// that it could not serve.
func New(config Config) (*Handler, error) {
	config = config.withDefaults()
	origins, err := newOrigins(config.CORSOrigins)
	if err != nil {
		return nil, err
	}
	proxies, err := newProxies(config.TrustedProxies)
	if err != nil {
		return nil, err
	}
	measures, err := newMeasures(config.Meter)
	if err != nil {
		return nil, err
	}
	shown := services(config.Sandbox)
	routes, err := newRoutes(shown, config.Conns, measures)
	if err != nil {
		return nil, err
	}
	rules, err := rulesFor(shown)
	if err != nil {
		return nil, err
	}
	actions, err := newActions(config.Conns["notification"], measures)
	if err != nil {
		return nil, err
	}
	pages, err := newPages(config, measures)
	if err != nil {
		return nil, fmt.Errorf("preparing the pages: %w", err)
	}
	return &Handler{
		config:      config,
		routes:      routes,
		pages:       pages,
		origins:     origins,
		proxies:     proxies,
		rules:       rules,
		refusals:    ratelimit.NewLocal(refusals, time.Now),
		measures:    measures,
		streams:     newStreams(config.MaxStreams),
		tickets:     newTickets(config.Signer),
		actions:     actions,
		uploads:     newUploads(config.Conns["order"], measures),
		compressors: newCompressors(),
	}, nil
}

// ServeHTTP answers one request. A panic becomes an answer too: nothing of a request that fails harms the next.
func (g *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := begin(g, w, r)
	defer x.end()
	if g.origins.answer(x) {
		return
	}
	if p := g.pages[r.URL.Path]; p != nil {
		x.measure = p.measure
		p.serve(x)
		return
	}
	if token, ok := strings.CutPrefix(r.URL.Path, actionsPath); ok {
		g.actions.serve(x, token)
		return
	}
	if name, ok := importOf(r.URL.Path); ok {
		g.uploads.serve(x, name)
		return
	}
	g.api(x)
}

// api carries the request to the service that its path names.
func (g *Handler) api(x *exchange) {
	route, params, err := g.routes.find(x)
	if route != nil {
		x.route, x.measure = route, route.measure
	}
	x.startSpan()
	if err == nil && route == nil { // an OPTIONS request, answered by the list of methods
		return
	}
	if err == nil {
		err = x.check()
	}
	if err != nil {
		x.fail(err)
		return
	}
	x.call(params)
}
