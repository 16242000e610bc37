package peer

import (
	"context"

	"google.golang.org/grpc"
)

// Intercept puts client interceptors before a connection that has none of its own, such as one within the process.
func Intercept(
	conn grpc.ClientConnInterface, unary grpc.UnaryClientInterceptor, stream grpc.StreamClientInterceptor,
) grpc.ClientConnInterface {
	return intercepted{conn, unary, stream}
}

type intercepted struct {
	conn   grpc.ClientConnInterface
	unary  grpc.UnaryClientInterceptor
	stream grpc.StreamClientInterceptor
}

func (c intercepted) Invoke(ctx context.Context, method string, req, res any, opts ...grpc.CallOption) error {
	invoke := func(ctx context.Context, method string, req, res any, _ *grpc.ClientConn, opts ...grpc.CallOption) error {
		return c.conn.Invoke(ctx, method, req, res, opts...)
	}
	return c.unary(ctx, method, req, res, nil, invoke, opts...)
}

func (c intercepted) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	open := func(ctx context.Context, desc *grpc.StreamDesc, _ *grpc.ClientConn, method string, opts ...grpc.CallOption,
	) (grpc.ClientStream, error) {
		return c.conn.NewStream(ctx, desc, method, opts...)
	}
	return c.stream(ctx, desc, nil, method, open, opts...)
}
