package gateway

import (
	"errors"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// fail answers with an error: a google.rpc.Status with ErrorInfo, or the same as an RFC 9457 problem when the client
// asks for that.
func (x *exchange) fail(err error) {
	if x.fault != nil {
		err = x.fault // the generated code knows its text only
	}
	p := x.problem(err)
	h := x.Header()
	h.Add("Vary", "Accept")
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retry.Seconds()))))
	}
	if p.status.Code() == codes.Unauthenticated {
		h.Set("WWW-Authenticate", "Bearer")
	}
	x.output = x.output[:0]
	if wantsProblem(x.r.Header["Accept"]) {
		h.Set("Content-Type", "application/problem+json")
		x.output = p.appendProblem(x.output)
	} else {
		h["Content-Type"] = inJSON
		x.output = p.appendStatus(x.output)
	}
	x.WriteHeader(p.http)
}

// problem is an error as HTTP tells it.
type problem struct {
	http   int
	status *status.Status
	info   *errdetails.ErrorInfo
	fields []*errdetails.BadRequest_FieldViolation
	retry  time.Duration
}

// problem reads what the error carries. What is not ours may tell of machines and addresses: it is logged, and the
// caller gets its code alone.
func (x *exchange) problem(err error) *problem {
	var own *refusal
	if errors.As(err, &own) {
		return newProblem(own.status, own.http)
	}
	st := statusOf(err)
	p := newProblem(x.inCallersNames(st), 0)
	if p.info.GetReason() == "ETAG_MISMATCH" && len(x.r.Header["If-Match"]) > 0 {
		p.http = http.StatusPreconditionFailed
	}
	if p.info != nil {
		return p
	}
	x.g.config.Log.WarnContext(x.r.Context(), "a call failed", slog.String("request_id", x.id),
		slog.String("code", st.Code().String()), slog.String("error", err.Error()))
	more := []protoadapt.MessageV1{}
	if st.Code() == codes.Unavailable {
		more = append(more, &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})
	}
	return newProblem(withReason(st.Code(), plainly(st.Code()), reasonOf(st.Code()), more...), 0)
}

// statusOf is the status as the service has sent it, without the words that gRPC's client wraps it in after it has called again.
func statusOf(err error) *status.Status {
	var sent interface{ GRPCStatus() *status.Status }
	if errors.As(err, &sent) {
		return sent.GRPCStatus()
	}
	return status.Convert(err)
}

func newProblem(st *status.Status, httpStatus int) *problem {
	p := &problem{http: httpStatus, status: st}
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			p.info = d
		case *errdetails.BadRequest:
			p.fields = append(p.fields, d.GetFieldViolations()...)
		case *errdetails.RetryInfo:
			p.retry = d.GetRetryDelay().AsDuration()
		}
	}
	if p.http == 0 {
		p.http = httpStatusOf(st.Code(), p.info.GetReason())
	}
	return p
}

// httpStatusOf is the status of HTTP for a code. What speaks against a request that is right in itself is a conflict with the state
// of things (409), and no fault of the request (400), which is what google.rpc.Code has for FAILED_PRECONDITION.
func httpStatusOf(code codes.Code, reason string) int {
	switch {
	case reason == "IDEMPOTENCY_KEY_REUSED":
		return http.StatusUnprocessableEntity
	case code == codes.FailedPrecondition:
		return http.StatusConflict
	default:
		return runtime.HTTPStatusFromCode(code)
	}
}

// reasonOf is the reason of an error that gives none: its code's name.
func reasonOf(code codes.Code) string {
	switch code {
	case codes.NotFound:
		return "NOT_FOUND"
	case codes.InvalidArgument:
		return "INVALID_REQUEST"
	case codes.DeadlineExceeded:
		return "DEADLINE_EXCEEDED"
	case codes.Canceled:
		return "CANCELLED"
	case codes.Unavailable:
		return "UNAVAILABLE"
	case codes.Unimplemented:
		return "UNIMPLEMENTED"
	case codes.ResourceExhausted:
		return "RESOURCE_EXHAUSTED"
	case codes.Unauthenticated:
		return "UNAUTHENTICATED"
	case codes.PermissionDenied:
		return "PERMISSION_DENIED"
	case codes.AlreadyExists:
		return "ALREADY_EXISTS"
	case codes.FailedPrecondition:
		return "FAILED_PRECONDITION"
	case codes.Aborted:
		return "ABORTED"
	case codes.OutOfRange:
		return "OUT_OF_RANGE"
	default:
		return "INTERNAL"
	}
}

// plainly says no more than the code does.
func plainly(code codes.Code) string {
	switch code {
	case codes.Unavailable:
		return "the service does not answer; try again"
	case codes.DeadlineExceeded:
		return "the service did not answer in time"
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return "a fault of ours"
	default:
		return strings.ToLower(strings.ReplaceAll(reasonOf(code), "_", " "))
	}
}

// wantsProblem tells whether the client names the problem type.
func wantsProblem(accept []string) bool {
	return slices.ContainsFunc(accept, func(line string) bool { return accepts(line, "application/problem+json") })
}
