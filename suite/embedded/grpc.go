package embedded

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"kept.dev/kit/app"
	"kept.dev/kit/audit"
)

// GRPC makes a server of all services' own RPCs, for callers that speak gRPC.
func (s *Suite) GRPC(health grpc_health_v1.HealthServer) (*grpc.Server, error) {
	register := func(r grpc.ServiceRegistrar) {
		for _, host := range s.hosts {
			host.Service.Register(r)
		}
	}
	chain, err := app.NewChain(s.runtime, s.cfg.Log, s.readsByService(), register)
	if err != nil {
		return nil, err
	}
	server := app.NewServer(chain, nil, health)
	register(server)
	return server, nil
}

// reads are the logs of what employees read, by the gRPC service that they read from.
type reads map[string]*audit.Reads

func (s *Suite) readsByService() reads {
	all := reads{}
	for _, host := range s.hosts {
		probe := grpc.NewServer()
		host.Service.Register(probe)
		for name := range probe.GetServiceInfo() {
			all[name] = host.Reads()
		}
	}
	return all
}

// Note implements chain.Reads.
func (r reads) Note(ctx context.Context, entries ...audit.Entry) error {
	method, _ := grpc.Method(ctx)
	service, _, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return r[service].Note(ctx, entries...)
}
