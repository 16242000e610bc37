package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// The hosts of production's routes.
const (
	restHost = "api.shop.example.com"
	grpcHost = "grpc.shop.example.com"
)

// Routes puts production's Gateway and routes before the deployment, for an implementation of the Gateway API that the cluster has, and
// calls through them over TLS: REST, and every service by gRPC.
func (d *Deployment) Routes(ctx context.Context, class string) error {
	if class == "" {
		return errors.New("which --gateway-class?")
	}
	trust, secret, err := shopCertificate(restHost, grpcHost)
	if err != nil {
		return err
	}
	routes, err := production("routes.yaml", "")
	if err != nil {
		return err
	}
	policy, err := production("network.yaml", "front-door-grpc")
	if err != nil {
		return err
	}
	routes = strings.Replace(routes, "gatewayClassName: example", "gatewayClassName: "+class, 1)
	all := strings.Join([]string{routes, policy, secret}, "\n---\n")
	defer func() {
		_, _ = kubectl(context.WithoutCancel(ctx), all, "-n", d.Namespace, "delete", "--ignore-not-found", "-f", "-")
	}()
	if err := d.applied(ctx, all); err != nil {
		return err
	}
	if _, err := d.kubectl(ctx, "wait", "--for=condition=Programmed", "--timeout=2m", "gateway/kept"); err != nil {
		return err
	}
	address, err := d.kubectl(ctx, "get", "gateway", "kept", "-o", "jsonpath={.status.addresses[0].value}")
	if err != nil {
		return err
	}
	front := &tls.Config{RootCAs: trust}
	return errors.Join(d.rest(ctx, address, front.Clone()), d.grpc(ctx, address, front.Clone()))
}

func (d *Deployment) applied(ctx context.Context, manifest string) error {
	_, err := kubectl(ctx, manifest, "-n", d.Namespace, "apply", "--server-side", "-f", "-")
	return err
}

// production is a file of the production overlay, or one object of it.
func production(file, object string) (string, error) {
	text, err := os.ReadFile("k8s/overlays/production/" + file)
	if err != nil || object == "" {
		return string(text), err
	}
	for part := range strings.SplitSeq(string(text), "---\n") {
		if strings.Contains(part, "\n  name: "+object+"\n") {
			return part, nil
		}
	}
	return "", fmt.Errorf("%s has no %s", file, object)
}

// rest has a customer made and looked at through the HTTPRoute.
func (d *Deployment) rest(ctx context.Context, address string, front *tls.Config) error {
	agent, err := d.client(accessv1.Role_ROLE_AGENT, "agents/anna")
	if err != nil {
		return err
	}
	agent.url = "https://" + restHost
	agent.http.Transport = &http.Transport{
		TLSClientConfig: front, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 3 * time.Second}).DialContext(ctx, network, net.JoinHostPort(address, "443"))
		},
	}
	var made map[string]any
	if waitErr := d.until(ctx, func() bool {
		made, err = agent.post(ctx, "/v1/customers", map[string]any{"displayName": "Olena"})
		return err == nil
	}); waitErr != nil {
		return fmt.Errorf("HTTPRoute: %w", errors.Join(waitErr, err))
	}
	found, err := agent.get(ctx, "/v1/"+fmt.Sprint(made["name"]))
	if err != nil || found["displayName"] != "Olena" {
		return errors.Join(err, fmt.Errorf("HTTPRoute: %v", found))
	}
	d.say("%s over TLS: %v", restHost, found["name"])
	return nil
}

// grpc calls each service through the GRPCRoute, and what none of them may answer.
func (d *Deployment) grpc(ctx context.Context, address string, front *tls.Config) error {
	front.ServerName = grpcHost
	conn, err := grpc.NewClient("passthrough:///"+net.JoinHostPort(address, "443"),
		grpc.WithTransportCredentials(credentials.NewTLS(front)), grpc.WithAuthority(grpcHost))
	if err != nil {
		return err
	}
	defer conn.Close()
	owner, err := d.client(accessv1.Role_ROLE_ADMIN, "admins/owner")
	if err != nil {
		return err
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+owner.token)
	for service, call := range calls(conn) {
		if waitErr := d.until(ctx, func() bool { err = call(ctx); return err == nil }); waitErr != nil {
			return fmt.Errorf("GRPCRoute: %s: %w", service, errors.Join(waitErr, err))
		}
		d.say("%s over TLS: the %s service answers", grpcHost, service)
	}
	err = conn.Invoke(ctx, "/kept.nobody.v1.Nobody/Call", &customerv1.ListCustomersRequest{}, &customerv1.ListCustomersResponse{})
	if status.Code(err) != codes.Unimplemented {
		return fmt.Errorf("GRPCRoute: a service that nobody has: %w", err)
	}
	return nil
}

// calls ask each service something.
func calls(conn *grpc.ClientConn) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"customer": func(ctx context.Context) error {
			_, err := customerv1.NewCustomerServiceClient(conn).ListCustomers(ctx, &customerv1.ListCustomersRequest{})
			return err
		},
		"order": func(ctx context.Context) error {
			_, err := orderv1.NewOrderServiceClient(conn).ListOrders(ctx, &orderv1.ListOrdersRequest{})
			return err
		},
		"loyalty": func(ctx context.Context) error {
			_, err := loyaltyv1.NewProgramServiceClient(conn).ListPrograms(ctx, &loyaltyv1.ListProgramsRequest{})
			return err
		},
		"notification": func(ctx context.Context) error {
			_, err := notificationv1.NewMessageServiceClient(conn).ListMessages(ctx, &notificationv1.ListMessagesRequest{})
			return err
		},
		"support": func(ctx context.Context) error {
			_, err := supportv1.NewCaseServiceClient(conn).ListCases(ctx, &supportv1.ListCasesRequest{})
			return err
		},
	}
}
