package embedded

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"kept.dev/kit/app"
)

// GRPC makes a server of all services' own RPCs, for callers that speak gRPC.
func (s *Suite) GRPC(health grpc_health_v1.HealthServer) (*grpc.Server, error) {
	register := func(r grpc.ServiceRegistrar) {
		for _, host := range s.hosts {
			host.Service.Register(r)
		}
	}
	chain, err := app.NewChain(s.runtime, s.cfg.Log, register)
	if err != nil {
		return nil, err
	}
	server := app.NewServer(chain, nil, health)
	register(server)
	return server, nil
}
