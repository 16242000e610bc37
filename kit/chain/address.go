package chain

import (
	"context"
	"net/netip"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// The metadata by which the gateway passes on where a call comes from. The address is believed from nobody else:
// the gateway's own service token has to come with it.
const (
	clientAddressKey = "x-kept-client-address"
	gatewayTokenKey  = "x-kept-gateway-token"
)

// WithClientAddress adds to a gateway's outgoing metadata where the call comes from, with the gateway's own token as proof.
func WithClientAddress(md metadata.MD, address, token string) {
	md[clientAddressKey], md[gatewayTokenKey] = []string{address}, []string{token}
}

// addresses finds out where calls come from.
type addresses struct{ verifier Verifier }

// of is what calls without a known caller, and with tokens that are no good, are limited by: the client's address as our gateway has passed it on, or the
// connection's.
func (a addresses) of(ctx context.Context) string {
	connection := connectionAddress(ctx)
	noted := metadata.ValueFromIncomingContext(ctx, clientAddressKey)
	proof := metadata.ValueFromIncomingContext(ctx, gatewayTokenKey)
	if len(noted) != 1 || len(proof) != 1 {
		return connection
	}
	gateway, err := a.verifier.Verify(ctx, proof[0], func() string { return connection })
	if err != nil || gateway.Role != accessv1.Role_ROLE_SERVICE {
		return connection
	}
	return Network(noted[0])
}

func connectionAddress(ctx context.Context) string {
	from, ok := peer.FromContext(ctx)
	if !ok || from.Addr == nil {
		return "unknown"
	}
	if !strings.HasPrefix(from.Addr.Network(), "tcp") {
		return from.Addr.Network() // within this process or machine
	}
	return Network(from.Addr.String())
}

// ipv6Customer is how many bits of an IPv6 address one customer of a provider gets: who has them has all addresses below.
const ipv6Customer = 64

// Network is what an address, with or without a port, is limited as: an IPv4 address, or the network of an IPv6 address.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		withPort, portErr := netip.ParseAddrPort(address)
		if portErr != nil {
			return address
		}
		ip = withPort.Addr()
	}
	ip = ip.Unmap().WithZone("")
	if !ip.Is6() {
		return ip.String()
	}
	network, err := ip.Prefix(ipv6Customer)
	if err != nil {
		return ip.String()
	}
	return network.String()
}
