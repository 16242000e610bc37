// Package support is the service that takes every request that comes in.
package support

import (
	"embed"
	"io/fs"

	"google.golang.org/grpc"

	"kept.dev/kit"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	cases "kept.dev/services/support/internal/case"
)

//go:embed migrations/*.sql
var migrations embed.FS

// New makes the service.
func New(deps kit.Deps) (*kit.Service, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	requests := cases.New(deps)
	return &kit.Service{
		Name:       "support",
		Migrations: files,
		Register:   func(r grpc.ServiceRegistrar) { supportv1.RegisterCaseServiceServer(r, requests) },
		Events:     requests.Events(),
		Timers:     requests.Timers,
	}, nil
}
