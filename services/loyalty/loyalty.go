// Package loyalty is the service that knows customers' points.
package loyalty

import (
	"embed"
	"io/fs"

	"google.golang.org/grpc"

	"kept.dev/kit"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
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
	accounts := account.New(deps)
	return &kit.Service{
		Name:       "loyalty",
		Migrations: files,
		Register: func(r grpc.ServiceRegistrar) {
			loyaltyv1.RegisterProgramServiceServer(r, program.New(deps))
			loyaltyv1.RegisterAccountServiceServer(r, accounts)
		},
		Events: accounts.Events(),
	}, nil
}
