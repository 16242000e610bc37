package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/token"
	"kept.dev/suite/scenario"
)

// Embedded is the embedded suite as a real process.
type Embedded struct {
	Process *Process
	// GRPC is where it serves gRPC.
	GRPC string

	dir    string
	issuer *token.Issuer
}

// NewEmbedded defines the command kept on a data folder. Nothing runs yet.
func NewEmbedded(dir, bin string, sandbox bool, env ...string) (*Embedded, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var addresses [3]string
	for i := range addresses {
		var err error
		if addresses[i], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	p := &Process{
		Name: "kept", Address: addresses[0], Admin: addresses[1], program: filepath.Join(bin, "kept"),
		log: filepath.Join(dir, "kept.log"), env: env, args: []string{"serve"},
	}
	p.settings("listen", addresses[0], "admin-listen", addresses[1], "grpc-listen", addresses[2], "data", dir)
	if sandbox {
		p.settings("sandbox", "true")
	}
	issuer, err := token.NewIssuer(filepath.Join(dir, "keys"))
	return &Embedded{Process: p, GRPC: addresses[2], dir: dir, issuer: issuer}, err
}

// StartEmbedded starts the command kept on a data folder and returns when it is ready.
func StartEmbedded(ctx context.Context, dir, bin string, sandbox bool, env ...string) (*Embedded, error) {
	e, err := NewEmbedded(dir, bin, sandbox, env...)
	if err != nil {
		return nil, err
	}
	if err := e.Process.Start(); err != nil {
		return nil, err
	}
	return e, e.Process.Await(ctx)
}

// Environment is where stories are played.
func (e *Embedded) Environment() scenario.Environment {
	return scenario.Environment{
		URL: "http://" + e.Process.Address, HTTP: &http.Client{Timeout: time.Minute},
		Token: func(p access.Principal) (string, error) { return e.issuer.Issue(p, 24*time.Hour) },
	}
}

// Describe says which process and databases these are.
func (e *Embedded) Describe() string {
	return fmt.Sprintf("kept pid %d on %s, sqlite %s\n", e.Process.PID(), e.Process.Address,
		filepath.Join(e.dir, "*.db"))
}

// Stop lets the process drain.
func (e *Embedded) Stop() error { return e.Process.Stop() }
