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
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
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
	if method.IsStreamingClient() || method.IsStreamingServer() {
		return nil, fmt.Errorf("%s streams, which this door does not", method.FullName())
	}
	for _, match := range variable.FindAllStringSubmatch(r.template, -1) {
		field, _, nested := strings.Cut(match[1], ".")
		if nested {
			return nil, fmt.Errorf("%s binds a nested field in its path", method.FullName())
		}
		r.bound[protoreflect.Name(field)] = true
	}
	if r.body != "" && r.body != "*" {
		r.content = r.request.Fields().ByName(protoreflect.Name(r.body))
		if r.content == nil || r.content.Message() == nil || r.content.Cardinality() == protoreflect.Repeated {
			return nil, fmt.Errorf("%s has a body that is no message", method.FullName())
		}
	}
	return r, nil
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
