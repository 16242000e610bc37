package identity

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"kept.dev/kit/errs"
)

// Taken refuses what is another customer's. It names the field and nobody: whose it is, those who may know can resolve.
func Taken(path string) error {
	st := status.New(codes.AlreadyExists, path+": belongs to another customer")
	detailed, err := st.WithDetails(&errdetails.ErrorInfo{
		Reason: "IDENTITY_TAKEN", Domain: errs.Domain, Metadata: map[string]string{"field": path},
	})
	if err != nil {
		return st.Err()
	}
	return detailed.Err()
}
