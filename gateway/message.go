package gateway

import (
	"context"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// nothing is the filter of a query that has been checked already.
var nothing = utilities.NewDoubleArray(nil)

// message puts the method's request together from the body, the path and the query, where the generated code does not do
// it as the contract means it: for updates, whose mask it would make up from the body with what the path and the server give, and
// for streams, which it answers in a form of its own.
func (x *exchange) message(params map[string]string) (proto.Message, error) {
	request := x.route.input.New()
	if x.route.content != nil && len(x.input) > 0 {
		if err := x.decode(request.Mutable(x.route.content).Message().Interface()); err != nil {
			return nil, err
		}
	}
	m := request.Interface()
	for path, value := range params {
		if err := x.bindPath(m, path, value); err != nil {
			return nil, err
		}
	}
	if err := runtime.PopulateQueryParameters(m, x.query, nothing); err != nil {
		return nil, invalid("the query does not fit this method")
	}
	return m, x.maskFromBody(request)
}

// bindPath sets the field that the path gives. A body that names another resource than the path is refused.
func (x *exchange) bindPath(m proto.Message, path, value string) error {
	if outer, inner, nested := strings.Cut(path, "."); nested {
		fields := m.ProtoReflect().Descriptor().Fields()
		resource := m.ProtoReflect().Get(fields.ByTextName(outer)).Message()
		if given := resource.Get(resource.Descriptor().Fields().ByTextName(inner)).String(); given != "" && given != value {
			return invalidField(jsonPath(path), "is not the name in the path")
		}
	}
	if err := runtime.PopulateFieldFromPath(m, path, value); err != nil {
		return invalid("the path does not fit this method")
	}
	return nil
}

// invoke makes the call that message describes.
func (x *exchange) invoke(ctx context.Context, params map[string]string) error {
	request, err := x.message(params)
	if err != nil {
		return err
	}
	if err := x.precondition(request.ProtoReflect()); err != nil {
		return err
	}
	response := x.route.output.New().Interface()
	var header metadata.MD
	err = x.route.conn.Invoke(ctx, x.route.rpc, request, response, grpc.Header(&header))
	x.pass(header)
	if err != nil {
		return err
	}
	x.Header()["Content-Type"] = inJSON
	return encode(ctx, x, response)
}

// pass lets a service's header metadata through to the client; only what is named here.
func (x *exchange) pass(md metadata.MD) {
	if replayed := md["idempotent-replayed"]; len(replayed) > 0 {
		x.Header()["Idempotent-Replayed"] = replayed
	}
}
