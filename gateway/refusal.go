package gateway

import (
	"fmt"
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"kept.dev/kit/errs"
)

// refusal is an error of the front door itself, about HTTP rather than about a service's business.
type refusal struct {
	http   int
	status *status.Status
}

func (r *refusal) Error() string { return r.status.Message() }

// GRPCStatus is the refusal as a service would have sent it.
func (r *refusal) GRPCStatus() *status.Status { return r.status }

// refuse makes a refusal with a status of HTTP that its code alone would not give.
func refuse(httpStatus int, code codes.Code, reason, format string, args ...any) error {
	return &refusal{httpStatus, withReason(code, fmt.Sprintf(format, args...), reason)}
}

// withReason makes a status like those of kit/errs, with a kind that they do not have.
func withReason(code codes.Code, message, reason string, more ...protoadapt.MessageV1) *status.Status {
	plain := status.New(code, message)
	details := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: errs.Domain}}, more...)
	if detailed, err := plain.WithDetails(details...); err == nil {
		return detailed
	}
	return plain
}

func invalid(format string, args ...any) error {
	return refuse(http.StatusBadRequest, codes.InvalidArgument, "INVALID_REQUEST", format, args...)
}

func invalidField(path, description string) error {
	return invalidFields([]errs.Field{{Path: path, Description: description}})
}

func invalidFields(fields []errs.Field) error {
	return &refusal{http.StatusBadRequest, errs.InvalidFields(fields...).GRPCStatus()}
}

func unknownPath() error {
	return refuse(http.StatusNotFound, codes.NotFound, "PATH_NOT_FOUND", "there is nothing at this path; see /docs")
}

// noSandbox says why there is no clock to move, to whoever follows a page that moves it.
func noSandbox() error {
	return refuse(http.StatusNotFound, codes.NotFound, "PATH_NOT_FOUND",
		"this is no sandbox, so there is no clock that can be moved: start one with --sandbox, in a data folder of its own")
}

func methodNotAllowed(method string) error {
	return refuse(http.StatusMethodNotAllowed, codes.Unimplemented, "METHOD_NOT_ALLOWED",
		"this path does not take the method %.32q", method)
}
