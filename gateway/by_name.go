package gateway

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"kept.dev/kit/errs"
)

// byName is a connection to all services: a call goes to the one that its parent or name begins with,
// "services/{service}/…".
type byName map[string]grpc.ClientConnInterface

var _ grpc.ClientConnInterface = byName{}

// Invoke fails with NOT_FOUND where there is no such service.
func (b byName) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	resource := ""
	switch request := args.(type) {
	case interface{ GetParent() string }:
		resource = request.GetParent()
	case interface{ GetName() string }:
		resource = request.GetName()
	}
	rest, ok := strings.CutPrefix(resource, "services/")
	service, _, _ := strings.Cut(rest, "/")
	conn := b[service]
	if !ok || conn == nil {
		return errs.NotFound(resource)
	}
	return conn.Invoke(ctx, method, args, reply, opts...)
}

// NewStream refuses: what is routed by name are single requests.
func (b byName) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "streams are not routed by name")
}
