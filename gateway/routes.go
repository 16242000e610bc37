package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
)

// routes finds the route of a request. The generated code registers with a runtime.ServeMux, which tries every
// pattern in turn, knows no HEAD, OPTIONS or Allow and lets a header override the method; so the routes are taken
// from it once, at the start, and looked up here by the collection that every path begins with.
type routes struct {
	byCollection map[string][]*route
}

func newRoutes(services []service, conns map[string]grpc.ClientConnInterface, measures *measures) (*routes, error) {
	mux := newMux()
	all := &routes{byCollection: map[string][]*route{}}
	for _, s := range services {
		conn := grpc.ClientConnInterface(byName(conns))
		if s.at != "" {
			if conn = conns[s.at]; conn == nil {
				return nil, fmt.Errorf("no connection to the service %q, which has %s", s.at, s.desc.FullName())
			}
		}
		if err := s.register(context.Background(), mux, conn); err != nil {
			return nil, fmt.Errorf("registering %s: %w", s.desc.FullName(), err)
		}
		if err := all.add(s, mux, conn, measures); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// add makes the routes of one service.
func (t *routes) add(s service, mux *runtime.ServeMux, conn grpc.ClientConnInterface, measures *measures) error {
	methods := s.desc.Methods()
	for i := range methods.Len() {
		for _, rule := range rulesOf(methods.Get(i)) {
			r, err := newRoute(methods.Get(i), rule)
			if err != nil {
				return err
			}
			if err := r.bind(mux); err != nil {
				return err
			}
			r.patient, r.conn = s.patient, conn
			r.measure = measures.of(r.template)
			segments := strings.Split(r.example(), "/")
			if len(segments) < 3 || segments[1] != "v1" || segments[2] == sample {
				return fmt.Errorf("%s does not begin with /v1/ and a collection", r.template)
			}
			collection, _, _ := strings.Cut(segments[2], ":")
			t.byCollection[collection] = append(t.byCollection[collection], r)
		}
	}
	return nil
}

// find is the request's route and what its path says; or an error; or none of both once the methods are listed for
// an OPTIONS request.
func (t *routes) find(x *exchange) (*route, map[string]string, error) {
	method := x.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	r, params, others, err := t.match(method, x.r.URL)
	if r != nil || err != nil {
		return r, params, err
	}
	return nil, nil, x.otherMethod(others)
}

// match is the route of a method and path; without one, the methods that the path has.
func (t *routes) match(method string, u *url.URL) (_ *route, params map[string]string, others []string, _ error) {
	segments, verb, mode, err := split(u)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, r := range t.byCollection[segments[1]] {
		if r.pattern.Verb() != verb {
			continue
		}
		params, err := r.pattern.MatchAndEscape(segments, verb, mode)
		var malformed runtime.MalformedSequenceError
		switch {
		case errors.As(err, &malformed):
			return nil, nil, nil, invalid("the path is not properly escaped")
		case err != nil:
		case r.method == method:
			return r, params, nil, nil
		default:
			others = append(others, r.method)
		}
	}
	if len(others) == 0 && segments[1] == "sandbox" && t.byCollection["sandbox"] == nil {
		return nil, nil, nil, noSandbox()
	}
	if len(others) == 0 {
		return nil, nil, nil, unknownPath()
	}
	return nil, nil, others, nil
}

// split takes a path apart.
func split(u *url.URL) (segments []string, verb string, mode runtime.UnescapingMode, err error) {
	path, mode := u.Path, runtime.UnescapingModeLegacy
	if u.RawPath != "" {
		path, mode = u.RawPath, runtime.UnescapingModeAllExceptReserved
	}
	if !utf8.ValidString(u.Path) {
		return nil, "", mode, invalid("the path is not valid UTF-8")
	}
	segments = strings.Split(path, "/")
	if len(segments) < 3 || segments[0] != "" || segments[1] != "v1" || slices.Contains(segments[1:], "") {
		return nil, "", mode, unknownPath()
	}
	segments = segments[1:]
	last := len(segments) - 1
	head, verb, custom := strings.Cut(segments[last], ":")
	if head == "" || custom && verb == "" {
		return nil, "", mode, unknownPath()
	}
	segments[last] = head
	return segments, verb, mode, nil
}

// otherMethod answers a request whose path is known and whose method is not.
func (x *exchange) otherMethod(methods []string) error {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	methods = append(methods, http.MethodOptions)
	slices.Sort(methods)
	x.Header().Set("Allow", strings.Join(slices.Compact(methods), ", "))
	if x.r.Method == http.MethodOptions {
		x.WriteHeader(http.StatusNoContent)
		return nil
	}
	return methodNotAllowed(x.r.Method)
}
