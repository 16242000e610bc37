// Package contract_test holds the suite to its contract. The tables are made from the descriptors, so an RPC that is
// added is in them at once: who may call it (roles), whether a retry is harmless (idempotency), what becomes of bad input
// (badinput), and where its code is (layout). All that it needs beside the contract is one valid request, in samples.
package contract_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/embedded"
)

// rpc is one RPC of the contract.
type rpc struct {
	desc protoreflect.MethodDescriptor
	rule *accessv1.Rule
	// at is the service of the suite that serves it.
	at string

	// What its HTTP rule says; empty where REST does not show it.
	verb, path, body string
}

// opsAt is the service that is asked for what every service has.
const opsAt = "customer"

// rpcs are all RPCs of all services in the contract.
func rpcs(t testing.TB) []rpc {
	var all []rpc
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		parts := strings.Split(string(file.Package()), ".")
		if parts[0] != "kept" {
			return true
		}
		at := parts[1]
		if at == "ops" {
			at = opsAt
		}
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			require.Contains(t, embedded.Services(), at, "%s is served by nobody", service.FullName())
			for j := range service.Methods().Len() {
				all = append(all, newRPC(t, service.Methods().Get(j), at))
			}
		}
		return true
	})
	require.NotEmpty(t, all)
	return all
}

func newRPC(t testing.TB, desc protoreflect.MethodDescriptor, at string) rpc {
	rule, ok := proto.GetExtension(desc.Options(), accessv1.E_Rule).(*accessv1.Rule)
	require.True(t, ok && rule != nil, "%s has no access rule", desc.FullName())
	require.False(t, desc.IsStreamingClient(), "%s streams what it asks: teach overGRPC to talk", desc.FullName())
	r := rpc{desc: desc, rule: rule, at: at}
	if http, ok := proto.GetExtension(desc.Options(), annotations.E_Http).(*annotations.HttpRule); ok && http != nil {
		r.body = http.GetBody()
		r.verb, r.path = binding(t, http)
	}
	return r
}

func binding(t testing.TB, rule *annotations.HttpRule) (verb, path string) {
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", p.Get
	case *annotations.HttpRule_Post:
		return "POST", p.Post
	case *annotations.HttpRule_Patch:
		return "PATCH", p.Patch
	case *annotations.HttpRule_Put:
		return "PUT", p.Put
	case *annotations.HttpRule_Delete:
		return "DELETE", p.Delete
	}
	require.Fail(t, "an HTTP rule of an unknown kind", "%v", rule)
	return "", ""
}

// full is the name that gRPC calls it by: "/kept.order.v1.OrderService/GetOrder".
func (r rpc) full() string {
	return "/" + string(r.desc.Parent().FullName()) + "/" + string(r.desc.Name())
}

func (r rpc) String() string { return string(r.desc.Parent().Name()) + "." + string(r.desc.Name()) }

// changes tells whether a call may change something: whatever is not known to read only.
func (r rpc) changes() bool { return r.verb != "GET" }

// streams tells whether it answers with more than one message, as time goes by.
func (r rpc) streams() bool { return r.desc.IsStreamingServer() }

func (r rpc) overREST() bool { return r.verb != "" }

// newRequest and newResponse are empty messages of the generated types.
func (r rpc) newRequest(t testing.TB) proto.Message  { return newMessage(t, r.desc.Input()) }
func (r rpc) newResponse(t testing.TB) proto.Message { return newMessage(t, r.desc.Output()) }

func newMessage(t testing.TB, md protoreflect.MessageDescriptor) proto.Message {
	typ, err := protoregistry.GlobalTypes.FindMessageByName(md.FullName())
	require.NoError(t, err)
	return typ.New().Interface()
}

// pathVariable is a field in a path: {name=orders/*}.
var pathVariable = regexp.MustCompile(`\{([a-z_.]+)(?:=[^}]*)?\}`)

// inPath tells whether the path gives the request's field: "name", or "customer.name".
func (r rpc) inPath(field string) bool {
	for _, match := range pathVariable.FindAllStringSubmatch(r.path, -1) {
		if match[1] == field {
			return true
		}
	}
	return false
}

// inBody tells whether the body gives the request's field.
func (r rpc) inBody(field protoreflect.Name) bool {
	return r.body == string(field) || r.body == "*" && !r.inPath(string(field))
}

// open tells whether anybody may call who has the right words: no token is needed.
func (r rpc) open() bool { return r.rule.GetAnyone() || r.rule.GetLink() != nil }
