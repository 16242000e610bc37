// Package errs has the one set of errors that callers see. They are made where the fact is known, and mapped
// once to gRPC: a code, an ErrorInfo (reason, domain "kept", metadata), field violations, and a RetryInfo.
package errs

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Domain is the ErrorInfo domain of every error.
const Domain = "kept"

// Kind is what went wrong, for the caller: its gRPC code.
type Kind = codes.Code

// The kinds that code asks for by name.
const (
	KindUnavailable = codes.Unavailable
	KindNotFound    = codes.NotFound
)

// Error is an error that a caller may see.
type Error struct {
	kind    Kind
	reason  string
	message string
	meta    map[string]string
	fields  []Field
	retry   time.Duration
	cause   error
}

// Field is one fault in a request: where, what is wrong, and what would be right.
type Field struct{ Path, Description string }

func newError(kind Kind, reason, format string, args ...any) *Error {
	return &Error{kind: kind, reason: reason, message: fmt.Sprintf(format, args...)}
}

// Invalid refuses a request because of one field.
func Invalid(path, format string, args ...any) *Error {
	return InvalidFields(Field{path, fmt.Sprintf(format, args...)})
}

// InvalidFields refuses a request because of several fields.
func InvalidFields(fields ...Field) *Error {
	e := newError(codes.InvalidArgument, "INVALID_REQUEST", "%s: %s", fields[0].Path, fields[0].Description)
	if len(fields) > 1 {
		e.message += fmt.Sprintf(" (and %d more)", len(fields)-1)
	}
	e.fields = fields
	return e
}

// NotFound says that there is no such resource, or none that this caller may see.
func NotFound(name string) *Error {
	return newError(codes.NotFound, "NOT_FOUND", "%q does not exist", name).With("resource", name)
}

// AlreadyExists says that the name is taken.
func AlreadyExists(name string) *Error {
	return newError(codes.AlreadyExists, "ALREADY_EXISTS", "%q exists already", name).With("resource", name)
}

// Refused says that the request is right but the state of things does not allow it.
func Refused(reason, format string, args ...any) *Error {
	return newError(codes.FailedPrecondition, reason, format, args...)
}

// Stale says that what the caller has seen has changed meanwhile.
func Stale(reason, format string, args ...any) *Error {
	return newError(codes.Aborted, reason, format, args...)
}

// Unauthenticated says that the caller's token is missing or worthless.
func Unauthenticated(reason, format string, args ...any) *Error {
	return newError(codes.Unauthenticated, reason, format, args...)
}

// Denied says that the caller's role may not do this at all.
func Denied(reason, format string, args ...any) *Error {
	return newError(codes.PermissionDenied, reason, format, args...)
}

// Overloaded asks the caller to come again later.
func Overloaded(reason string, retry time.Duration) *Error {
	return newError(codes.ResourceExhausted, reason, "too much at once; try again in %s", retry).RetryAfter(retry)
}

// Unavailable says that something that is needed does not answer.
func Unavailable(reason, format string, args ...any) *Error {
	return newError(codes.Unavailable, reason, format, args...).RetryAfter(time.Second)
}

// TimedOut says that what was asked took longer than it may.
func TimedOut(reason, format string, args ...any) *Error {
	return newError(codes.DeadlineExceeded, reason, format, args...)
}

// Internal is a fault of ours. Its message reaches the caller, its cause does not.
func Internal(format string, args ...any) *Error {
	return newError(codes.Internal, "INTERNAL", format, args...)
}

// With adds a fact to the error's metadata.
func (e *Error) With(key, value string) *Error {
	copied := *e
	copied.meta = map[string]string{key: value}
	for k, v := range e.meta {
		copied.meta[k] = v
	}
	return &copied
}

// RetryAfter says when to try again.
func (e *Error) RetryAfter(d time.Duration) *Error {
	copied := *e
	copied.retry = d
	return &copied
}

// Because notes the cause, for the log only.
func (e *Error) Because(err error) *Error {
	copied := *e
	copied.cause = err
	return &copied
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.message + ": " + e.cause.Error()
	}
	return e.message
}

func (e *Error) Unwrap() error { return e.cause }

// Reason is the UPPER_SNAKE reason.
func (e *Error) Reason() string { return e.reason }

// GRPCStatus is what the caller gets.
func (e *Error) GRPCStatus() *status.Status {
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: e.reason, Domain: Domain, Metadata: e.meta}}
	if len(e.fields) > 0 {
		bad := &errdetails.BadRequest{}
		for _, f := range e.fields {
			bad.FieldViolations = append(bad.FieldViolations,
				&errdetails.BadRequest_FieldViolation{Field: f.Path, Description: f.Description})
		}
		details = append(details, bad)
	}
	if e.retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.retry)})
	}
	st, err := status.New(e.kind, e.message).WithDetails(details...)
	if err != nil {
		return status.New(e.kind, e.message)
	}
	return st
}

// Is tells whether the error is one of ours.
func Is(err error) bool {
	var e *Error
	return errors.As(err, &e)
}

// KindOf is the error's kind: its own, or that of the gRPC status it carries, or Unknown.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.kind
	}
	return status.Code(err)
}

// ReasonOf is the error's reason, from our own error or from a peer's status; empty where there is none.
func ReasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.reason
	}
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.Reason
		}
	}
	return ""
}
