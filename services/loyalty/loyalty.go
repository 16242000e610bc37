// Package loyalty is the service that knows customers' points.
package loyalty

import (
	"embed"
	"io/fs"

	"google.golang.org/grpc"

	"kept.dev/kit"
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
		Name:       "loyalty",
		Migrations: files,
		Register:   func(r grpc.ServiceRegistrar) {},
	}, nil
}
