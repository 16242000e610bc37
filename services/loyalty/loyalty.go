// Package loyalty is the service that knows customers' points.
package loyalty

import (
	"embed"
	"io/fs"

	"kept.dev/kit"
	"kept.dev/services/loyalty/internal/account"
	"kept.dev/services/loyalty/internal/program"
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
		Name: "loyalty", Migrations: files,
		Capabilities: []kit.Capability{program.New(deps).Capability(), account.New(deps).Capability()},
	}, nil
}
