package process

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Bounds of what clients may do to a server before anybody knows who they are.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second // for the whole request, unless the handler gives a body that comes slowly more
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10 // bytes
)

// HTTP is a part that serves on the address, at most so many connections at a time: more wait until one has ended. Requests in
// progress are finished when it stops; what is still going on when the time to drain is up is cut off.
func HTTP(name, address string, connections int, handler http.Handler) Part {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader}
	var listener net.Listener
	return Part{
		Name: name,
		Start: func(ctx context.Context) (err error) {
			listener, err = Listen(ctx, address, connections)
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
