package gateway

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"google.golang.org/grpc/codes"

	"kept.dev/kit/access"
	"kept.dev/kit/chain"
	"kept.dev/kit/errs"
	"kept.dev/kit/ratelimit"
)

// refusals is how often one address may be told that it is not known.
var refusals = ratelimit.Limit{Rate: 50, Burst: 500}

// authenticate refuses a caller whom the service would refuse, before anything of the body is read. The service checks again:
// this one spares memory and time, and opens nothing.
func (x *exchange) authenticate() error {
	if x.g.config.Verifier == nil {
		return nil
	}
	var caller access.Principal
	if len(x.authorization) > 0 {
		raw, err := chain.Bearer(x.authorization)
		if err != nil {
			return x.countRefusal(err)
		}
		identity, err := x.g.config.Verifier.Verify(x.r.Context(), raw, x.clientAddress)
		if err != nil {
			return x.countRefusal(err)
		}
		caller, x.tokenUntil = identity.Principal, identity.Until
	}
	x.anonymous = caller.Anonymous()
	if x.route.rpc == "" { // the gateway's own
		return nil
	}
	return x.countRefusal(x.g.rules.Admit(caller, x.route.rpc))
}

// countRefusal limits, by address, how often callers are told that they are not known.
func (x *exchange) countRefusal(err error) error {
	if errs.KindOf(err) != codes.Unauthenticated {
		return err
	}
	if ok, retry := x.g.refusals.Allow(x.r.Context(), x.clientAddress()); !ok {
		return errs.Overloaded(chain.RateLimited, retry)
	}
	return err
}

// clientAddress is where the request comes from.
func (x *exchange) clientAddress() string { return x.g.proxies.client(x.r) }

// proxies are the networks of those whose word counts about where a request comes from.
type proxies []netip.Prefix

func newProxies(networks []string) (proxies, error) {
	var all proxies
	for _, text := range networks {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no network of proxies: it must look like 10.0.0.0/8", text)
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

// client is the other end of the connection; where that is a proxy of ours, the last address in X-Forwarded-For that is not one.
// What stands before it anybody may have written.
func (p proxies) client(r *http.Request) string {
	address := r.RemoteAddr
	noted := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(noted) - 1; i >= 0 && p.include(address); i-- {
		next := strings.TrimSpace(noted[i])
		if _, err := netip.ParseAddr(next); err != nil {
			break
		}
		address = next
	}
	return chain.Network(address)
}

func (p proxies) include(address string) bool {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		withPort, err := netip.ParseAddrPort(address)
		if err != nil {
			return false
		}
		ip = withPort.Addr()
	}
	for _, network := range p {
		if network.Contains(ip.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}
