package cluster

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"kept.dev/kit/access"
	"kept.dev/kit/app"
	"kept.dev/kit/chain"
	"kept.dev/kit/peer"
	"kept.dev/kit/tlsconf"
)

// Dial connects somebody to all replicas of a service, past the gateways, over mutual TLS as all processes do.
func (c *Cluster) Dial(service string, who access.Principal) (*grpc.ClientConn, error) {
	source, err := tlsconf.Open(c.tls)
	if err != nil {
		return nil, err
	}
	raw, err := c.issuer.Issue(who, 24*time.Hour)
	if err != nil {
		return nil, fmt.Errorf("token for %s: %w", who.Subject, err)
	}
	addresses := ""
	for i, p := range c.Replicas(service) {
		if i > 0 {
			addresses += ","
		}
		addresses += p.Address
	}
	token := func(context.Context) string { return raw }
	return peer.Dial(addresses, app.DialCredentials(source, service), grpc.WithUnaryInterceptor(chain.ClientUnary(token)))
}
