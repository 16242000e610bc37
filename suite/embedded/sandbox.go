package embedded

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"

	"kept.dev/kit/clock"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// clockFile holds how far the sandbox's clock was moved.
const clockFile = "sandbox-clock"

// sandboxMembers is the sandbox of one process. The clock's offset is in a file, so that the next start goes on from there.
type sandboxMembers struct {
	clock    *clock.Sandbox
	file     string
	services []string
	peer     func(string) grpc.ClientConnInterface
}

func openSandbox(file string, services []string, peer func(string) grpc.ClientConnInterface) (*sandboxMembers, error) {
	w := &sandboxMembers{clock: &clock.Sandbox{}, file: file, services: services, peer: peer}
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return w, nil
	}
	if err != nil {
		return nil, err
	}
	offset, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("the sandbox's clock in %s is damaged: %w", file, err)
	}
	w.clock.Advance(time.Duration(offset))
	return w, nil
}

// Members are the services of this process.
func (w *sandboxMembers) Members(context.Context) ([]opsv1.ActivityServiceClient, error) {
	members := make([]opsv1.ActivityServiceClient, len(w.services))
	for i, service := range w.services {
		members[i] = opsv1.NewActivityServiceClient(w.peer(service))
	}
	return members, nil
}

// Share writes the offset down.
func (w *sandboxMembers) Share(_ context.Context, offset time.Duration) error {
	next := w.file + ".next"
	if err := os.WriteFile(next, []byte(strconv.FormatInt(int64(offset), 10)+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(next, w.file)
}
