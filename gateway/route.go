package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// route is one method and path of the contract, and the generated handler behind it.
type route struct {
	method   string
	template string // as the contract writes it: "/v1/{name=orders/*}:cancel"
	pattern  runtime.Pattern
	handler  runtime.HandlerFunc
	measure  *measure
	patient  bool

	request protoreflect.MessageDescriptor
	body    string                       // "", "*", or the request's field that the body is
	bound   map[protoreflect.Name]bool   // the request's fields that the path gives
	content protoreflect.FieldDescriptor // the field that the body is, unless it is all or nothing
	etag    protoreflect.FieldDescriptor // the content's etag, on which an update may depend

	rpc string // its full name, "/kept.order.v1.TrackingService/TrackOrder"

	// What the gateway needs to make the call itself, without the generated handler.
	conn          grpc.ClientConnInterface
	input, output protoreflect.MessageType
	streams       bool
}

// sample stands for a path segment that is free.
const sample = "sample"

var variable = regexp.MustCompile(`\{([a-zA-Z0-9_.]+)(?:=([^}]*))?\}`)

// newRoute reads one HTTP rule of a method.
func newRoute(method protoreflect.MethodDescriptor, rule *annotations.HttpRule) (*route, error) {
	r := &route{request: method.Input(), body: rule.GetBody(), bound: map[protoreflect.Name]bool{}}
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		r.method, r.template = http.MethodGet, p.Get
	case *annotations.HttpRule_Post:
		r.method, r.template = http.MethodPost, p.Post
	case *annotations.HttpRule_Put:
		r.method, r.template = http.MethodPut, p.Put
	case *annotations.HttpRule_Patch:
		r.method, r.template = http.MethodPatch, p.Patch
	case *annotations.HttpRule_Delete:
		r.method, r.template = http.MethodDelete, p.Delete
	default:
		return nil, fmt.Errorf("%s has an HTTP rule without a plain method", method.FullName())
	}
	if r.streams = method.IsStreamingServer(); method.IsStreamingClient() || r.streams && r.method != http.MethodGet {
		return nil, fmt.Errorf("%s streams in a way that HTTP does not", method.FullName())
	}
	if r.body != "" && r.body != "*" {
		r.content = r.request.Fields().ByName(protoreflect.Name(r.body))
		if r.content == nil || r.content.Message() == nil || r.content.Cardinality() == protoreflect.Repeated {
			return nil, fmt.Errorf("%s has a body that is no message", method.FullName())
		}
	}
	if err := r.bindFields(); err != nil {
		return nil, fmt.Errorf("%s: %w", method.FullName(), err)
	}
	return r, r.describe(method)
}

// bindFields notes what the path gives: fields of the request, or of the resource that an update's body is.
func (r *route) bindFields() error {
	for _, match := range variable.FindAllStringSubmatch(r.template, -1) {
		field, inner, nested := strings.Cut(match[1], ".")
		if !nested {
			r.bound[protoreflect.Name(field)] = true
			continue
		}
		if r.method != http.MethodPatch || r.content == nil || string(r.content.Name()) != field {
			return errors.New("only an update binds a field of a field in its path")
		}
		if fd := r.content.Message().Fields().ByTextName(inner); fd == nil || fd.Kind() != protoreflect.StringKind {
			return errors.New("binds what is no text in its path")
		}
	}
	return nil
}

// own tells whether the gateway makes the call itself.
func (r *route) own() bool { return r.streams || r.method == http.MethodPatch }

// describe notes which RPC the route is, and what a call needs that has no generated handler.
func (r *route) describe(method protoreflect.MethodDescriptor) (err error) {
	r.rpc = "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
	if !r.own() {
		return nil
	}
	if r.method == http.MethodPatch && r.content != nil {
		r.etag = etagOf(r.content.Message())
	}
	if r.input, err = protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName()); err != nil {
		return err
	}
	r.output, err = protoregistry.GlobalTypes.FindMessageByName(method.Output().FullName())
	return err
}

// rulesOf are the HTTP rules of a method; none when REST does not show it.
func rulesOf(method protoreflect.MethodDescriptor) []*annotations.HttpRule {
	rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return nil
	}
	return append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...)
}

// example is a path that the template matches.
func (r *route) example() string {
	path := variable.ReplaceAllStringFunc(r.template, func(v string) string {
		if pattern := variable.FindStringSubmatch(v)[2]; pattern != "" {
			return pattern
		}
		return sample
	})
	return strings.NewReplacer("**", sample, "*", sample).Replace(path)
}

// probe is how a route finds its generated handler: the request that carries it is not handled, but answered with
// who would have handled it.
type probe struct {
	pattern runtime.Pattern
	handler runtime.HandlerFunc
}

type probeKey struct{}

// answerProbes is a middleware of the generated handlers.
func answerProbes(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		p, ok := r.Context().Value(probeKey{}).(*probe)
		if !ok {
			next(w, r, params)
			return
		}
		p.handler = next
		p.pattern, _ = runtime.HTTPPattern(r.Context())
	}
}

// bind asks the mux, with which the generated code registers, for this route's handler.
func (r *route) bind(mux *runtime.ServeMux) error {
	found := &probe{}
	ctx := context.WithValue(context.Background(), probeKey{}, found)
	request, err := http.NewRequestWithContext(ctx, r.method, "http://gateway"+r.example(), http.NoBody)
	if err != nil {
		return err
	}
	mux.ServeHTTP(nowhere{}, request)
	if found.handler == nil {
		return errors.New("no generated handler for " + r.method + " " + r.template)
	}
	if found.pattern.String() != variable.ReplaceAllStringFunc(r.template, spelledOut) {
		return fmt.Errorf("%s %s is served as %s", r.method, r.template, found.pattern)
	}
	r.pattern, r.handler = found.pattern, found.handler
	return nil
}

// spelledOut writes a variable's pattern where the template leaves it out.
func spelledOut(v string) string {
	if match := variable.FindStringSubmatch(v); match[2] == "" {
		return "{" + match[1] + "=*}"
	}
	return v
}

// nowhere takes the answer that a probe does not give.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
