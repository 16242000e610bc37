// Package peer connects to another service of the suite: over the network, or in the same process by a Channel.
package peer

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

// Calls go round all replicas. UNAVAILABLE may come after the work was done, when a replica dies before it answers: a call is
// tried again only because every change carries an idempotency key. The sandbox's clock takes none, and would be moved twice.
const serviceConfig = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"methodConfig": [
		{"name": [{"service": "kept.ops.v1.SandboxService"}]},
		{
			"name": [{}],
			"retryPolicy": {
				"maxAttempts": 4, "initialBackoff": "0.05s", "maxBackoff": "1s", "backoffMultiplier": 3,
				"retryableStatusCodes": ["UNAVAILABLE"]
			}
		}
	]
}`

// Dial connects to a service at an address: "host:port", whose name may stand for many replicas, or several
// addresses with commas between them. Nothing is connected before the first call.
func Dial(address string, creds credentials.TransportCredentials, opts ...grpc.DialOption) (*grpc.ClientConn, error) {
	target := "dns:///" + address
	if strings.Contains(address, ",") {
		static := manual.NewBuilderWithScheme("kept")
		static.InitialState(resolver.State{Addresses: addresses(address)})
		opts = append(opts, grpc.WithResolvers(static))
		target = "kept:///replicas"
	}
	// A replica that is back is called again soon: the library's own second of waiting is long for a caller, and the next
	// replica may go at once.
	again := backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 500 * time.Millisecond}
	// A replica behind a network that swallows everything is known after 13 seconds: a call that waits for it goes to another
	// one while its caller, who is a service with 15 seconds or the gateway with 30, still waits. The library asks no sooner.
	silence := keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 3 * time.Second}
	conn, err := grpc.NewClient(target, append(opts,
		grpc.WithTransportCredentials(creds),
		grpc.WithDefaultServiceConfig(serviceConfig), grpc.WithChainUnaryInterceptor(keyed),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: again, MinConnectTimeout: 5 * time.Second}),
		grpc.WithKeepaliveParams(silence),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return conn, nil
}

func addresses(list string) (out []resolver.Address) {
	for a := range strings.SplitSeq(list, ",") {
		a = strings.TrimSpace(a)
		host, _, _ := strings.Cut(a, ":")
		out = append(out, resolver.Address{Addr: a, ServerName: host})
	}
	return out
}
