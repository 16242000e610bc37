package app

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"kept.dev/kit/process"
)

// liveness is the service that probes ask about to learn whether the process is alive, whatever it depends on.
const liveness = "liveness"

// ProbePart answers an orchestrator's health checks, which know no TLS. Put it first, so that it answers while others start.
func (c Common) ProbePart(readiness *process.Readiness) process.Part {
	if c.HealthListen == "" {
		return process.Part{Name: "probes"}
	}
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, probes{HealthServer: readiness.Health()})
	part := GRPCPart(c.HealthListen, server)
	part.Name = "probes"
	return part
}

// probes answer from readiness, but for liveness: who answers is alive.
type probes struct{ grpc_health_v1.HealthServer }

// Check implements grpc_health_v1.HealthServer.
func (p probes) Check(ctx context.Context, req *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	if req.GetService() == liveness {
		return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
	}
	return p.HealthServer.Check(ctx, req)
}
