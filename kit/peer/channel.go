package peer

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// Channel is both ends of a connection inside one process: to its clients a gRPC connection and to its services a gRPC server, with
// the same generated code, the same interceptors, metadata, status errors, deadlines and streams, without HTTP/2 and sockets, which
// cost more than most calls that they carry. It is safe for concurrent use once the services are registered.
//
// What a wire gives for free is kept on purpose: messages are copied, so that neither side sees what the other does
// to its own; nothing of the caller's context reaches the handler but its deadline, its cancellation and its outgoing
// metadata; an error arrives as a status and leaves its cause behind.
//
// github.com/fullstorydev/grpchan/inprocgrpc was tried instead. A unary call of 300 bytes took it twice the processor time (6.6 µs
// to 3.5) and 29 allocations to 24, with streams alike; and a handler's Go error reached its caller with all that it wraps, metadata
// that a wire would refuse arrived, and a handler's panic ended the process.
//
// What differs from a wire: a unary handler runs on its caller's goroutine, so one that ignores its context holds
// its caller; there is no limit on a message's size; call options about encodings and retries do nothing.
type Channel struct {
	unary    grpc.UnaryServerInterceptor
	stream   grpc.StreamServerInterceptor
	services map[string]bool
	methods  map[string]*method
	peer     context.Context
	calls    *gate
}

var (
	_ grpc.ClientConnInterface = (*Channel)(nil)
	_ grpc.ServiceRegistrar    = (*Channel)(nil)
)

// method is one RPC: unary, or a stream.
type method struct {
	server any
	unary  grpc.MethodHandler
	stream *grpc.StreamDesc
}

// NewChannel makes a channel whose calls pass the server's interceptors; either may be nil.
func NewChannel(unary grpc.UnaryServerInterceptor, stream grpc.StreamServerInterceptor) *Channel {
	return &Channel{
		unary:    unary,
		stream:   stream,
		services: map[string]bool{},
		methods:  map[string]*method{},
		peer:     peer.NewContext(context.Background(), &peer.Peer{Addr: address{}, LocalAddr: address{}}),
		calls:    newGate(),
	}
}

// RegisterService adds a service, before the first call. As with grpc.Server, a service that is there already is a
// fault in the program, and panics.
func (c *Channel) RegisterService(desc *grpc.ServiceDesc, server any) {
	if c.services[desc.ServiceName] {
		panic(fmt.Sprintf("inproc: service %s is registered twice", desc.ServiceName))
	}
	c.services[desc.ServiceName] = true
	for i := range desc.Methods {
		m := &desc.Methods[i]
		c.methods["/"+desc.ServiceName+"/"+m.MethodName] = &method{server: server, unary: m.Handler}
	}
	for i := range desc.Streams {
		s := &desc.Streams[i]
		c.methods["/"+desc.ServiceName+"/"+s.StreamName] = &method{server: server, stream: s}
	}
}

// Drain refuses new calls with UNAVAILABLE and waits until those that run have ended, or until the context ends,
// whose error it then returns; the calls still running go on.
func (c *Channel) Drain(ctx context.Context) error { return c.calls.close(ctx) }

// find looks up an RPC by its full name, "/package.Service/Method".
func (c *Channel) find(name string, streaming bool) (*method, error) {
	if m := c.methods[name]; m != nil && (m.stream != nil) == streaming {
		return m, nil
	}
	service, rpc, ok := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	switch {
	case !ok:
		return nil, status.Errorf(codes.Unimplemented, "malformed method name: %q", name)
	case !c.services[service]:
		return nil, status.Errorf(codes.Unimplemented, "unknown service %s", service)
	default:
		return nil, status.Errorf(codes.Unimplemented, "unknown method %s for service %s", rpc, service)
	}
}

// address is where both ends of a channel are.
type address struct{}

func (address) Network() string { return "inproc" }
func (address) String() string  { return "inproc" }
