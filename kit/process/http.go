package process

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// HTTP is a part that serves on the address. Requests in progress are finished when it stops; what is still going
// on when the time to drain is up is cut off.
func HTTP(name, address string, handler http.Handler) Part {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	var listener net.Listener
	return Part{
		Name: name,
		Start: func(ctx context.Context) (err error) {
			listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address)
			return err
		},
		Run: func(context.Context) error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
		Stop: func(ctx context.Context) error {
			if err := server.Shutdown(ctx); err != nil {
				return errors.Join(err, server.Close())
			}
			return nil
		},
	}
}
