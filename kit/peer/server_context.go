package peer

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// callerTime is what a handler's context takes over from its caller's: when it ends. The values are the server's
// own. Were the caller's values visible, a handler could come to rely on one that is missing when it is called from
// another process, or act with the caller's rights.
type callerTime struct {
	caller context.Context
	values context.Context
}

func (c callerTime) Deadline() (time.Time, bool) { return c.caller.Deadline() }
func (c callerTime) Done() <-chan struct{}       { return c.caller.Done() }
func (c callerTime) Err() error                  { return c.caller.Err() }
func (c callerTime) Value(key any) any           { return c.values.Value(key) }

// AfterFunc lets package context follow the caller without a goroutine.
func (c callerTime) AfterFunc(f func()) func() bool { return context.AfterFunc(c.caller, f) }

// serverContext is the context of one call's handler. The cancel function ends it, as a server does when the
// handler has returned.
func (c *Channel) serverContext(caller context.Context, md metadata.MD, headers *headers) (context.Context, context.CancelFunc) {
	ctx := metadata.NewIncomingContext(c.peer, md)
	ctx = grpc.NewContextWithServerTransportStream(ctx, headers)
	return context.WithCancel(callerTime{caller: caller, values: ctx})
}
