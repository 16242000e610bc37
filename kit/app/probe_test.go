package app_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"kept.dev/kit/app"
	"kept.dev/kit/localserver"
	"kept.dev/kit/process"
)

// TestProbesTellAliveFromReady asks as an orchestrator does: without TLS, while a dependency is away.
func TestProbesTellAliveFromReady(t *testing.T) {
	port, err := localserver.FreePort()
	require.NoError(t, err)
	address := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}).String()
	readiness := process.NewReadiness([]string{"order"}, process.Check{
		Name: "database", Probe: func(context.Context) error { return errors.New("away") },
	})
	probes := app.Common{HealthListen: address}.ProbePart(readiness)
	require.NoError(t, probes.Start(t.Context()))
	served := make(chan error, 1)
	go func() { served <- probes.Run(t.Context()) }()

	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	for service, want := range map[string]grpc_health_v1.HealthCheckResponse_ServingStatus{
		"liveness": grpc_health_v1.HealthCheckResponse_SERVING,
		"order":    grpc_health_v1.HealthCheckResponse_NOT_SERVING,
		"":         grpc_health_v1.HealthCheckResponse_NOT_SERVING,
	} {
		got, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		require.NoError(t, err)
		require.Equal(t, want, got.GetStatus(), service)
	}
	require.NoError(t, probes.Stop(t.Context()))
	require.NoError(t, <-served)
}

func TestNoProbesUnlessAskedFor(t *testing.T) {
	probes := app.Common{}.ProbePart(process.NewReadiness(nil))
	require.Nil(t, probes.Start)
	require.Nil(t, probes.Run)
}
