package peer

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"kept.dev/kit/id"
)

const idempotencyKey = "idempotency-key"

// keyed gives every change that has no idempotency key a key of its own, so that a retry whose first try was carried out
// gets that try's answer, and changes nothing again. Who has put a request_id into the request has a key: it is the same after a
// crash, too, and a header would hide it.
func keyed(
	ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	if named, ok := req.(interface{ GetRequestId() string }); changes(method) && !(ok && named.GetRequestId() != "") {
		if given, _ := metadata.FromOutgoingContext(ctx); len(given.Get(idempotencyKey)) == 0 {
			ctx = metadata.AppendToOutgoingContext(ctx, idempotencyKey, id.New())
		}
	}
	return invoke(ctx, method, req, reply, conn, opts...)
}

// changes tells by a method's full name whether it may change anything. Those that only read are named so (AIP-131, 132).
func changes(method string) bool {
	name := method[strings.LastIndexByte(method, '/')+1:]
	for _, reads := range []string{"Get", "List", "BatchGet"} {
		if strings.HasPrefix(name, reads) {
			return false
		}
	}
	return true
}
