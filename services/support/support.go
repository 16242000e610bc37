// Package support is the service that takes every request that comes in.
package support

import (
	"embed"
	"io/fs"

	"kept.dev/kit"
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
	return &kit.Service{
		Name: "support", Migrations: files,
		Capabilities: []kit.Capability{cases.New(deps).Capability()},
	}, nil
}
