package peer

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// outgoing is what the caller's metadata becomes at the server: its own copy, without the keys that belong to the
// wire, and checked as the wire would.
func outgoing(ctx context.Context, opts []grpc.CallOption, method string) (metadata.MD, error) {
	md, ok := metadata.FromOutgoingContext(ctx)
	if !ok {
		md = metadata.MD{}
	}
	if err := addCredentials(ctx, md, opts, method); err != nil {
		return nil, err
	}
	for key, values := range md {
		if reserved(key) {
			delete(md, key)
			continue
		}
		if err := checkPair(key, values); err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
	}
	return md, nil
}

// addCredentials asks the credentials of this one call, if it has any, for their metadata.
func addCredentials(ctx context.Context, md metadata.MD, opts []grpc.CallOption, method string) error {
	for _, opt := range opts {
		creds, ok := opt.(grpc.PerRPCCredsCallOption)
		if !ok {
			continue
		}
		service := method[:max(0, strings.LastIndexByte(method, '/'))]
		pairs, err := creds.Creds.GetRequestMetadata(ctx, "https://inproc"+service)
		if err != nil {
			if s, ok := status.FromError(err); ok {
				return s.Err()
			}
			return status.Errorf(codes.Unauthenticated, "credentials of the call: %v", err)
		}
		for key, value := range pairs {
			md.Append(key, value)
		}
	}
	return nil
}

// reserved tells the keys that HTTP/2 and gRPC use themselves; they never arrive as metadata.
func reserved(key string) bool {
	switch key {
	case "content-type", "user-agent", "te", "grpc-message-type", "grpc-encoding", "grpc-message", "grpc-status",
		"grpc-timeout":
		return true
	}
	return strings.HasPrefix(key, ":")
}

// checkPair refuses what could not be sent over HTTP/2: gRPC's rules for header names and values.
func checkPair(key string, values []string) error {
	if key == "" {
		return fmt.Errorf("there is an empty key in the header")
	}
	for i := range len(key) {
		c := key[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return fmt.Errorf("header key %q contains illegal characters not in [0-9a-z-_.]", key)
		}
	}
	if strings.HasSuffix(key, "-bin") {
		return nil
	}
	for _, value := range values {
		for i := range len(value) {
			if value[i] < 0x20 || value[i] > 0x7e {
				return fmt.Errorf("header key %q contains value with non-printable ASCII characters", key)
			}
		}
	}
	return nil
}
