package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
)

// maxDepth is how deeply a body's objects may be nested.
const maxDepth = 32

// codec is JSON as the contract's messages read and write it (ProtoJSON): names in lowerCamelCase, numbers of 64 bits
// as text. Values that are zero are written, so that a stock of none is seen as 0; messages that are not there are not.
type codec struct{}

var _ runtime.Marshaler = codec{}

func (codec) ContentType(any) string { return inJSON[0] }

// Marshal has nothing left to do: the answer is in its exchange already.
func (codec) Marshal(any) ([]byte, error) { return nil, nil }

// encode writes the answer to where it is sent from, rather than to a slice of its own. The generated code asks for
// it before it asks for Marshal.
func encode(_ context.Context, w http.ResponseWriter, m proto.Message) error {
	x, ok := w.(*exchange)
	if !ok {
		return fmt.Errorf("%T is no exchange", w)
	}
	message := m.ProtoReflect()
	var err error
	if x.output, err = x.g.encoder.append(x.output[:0], message); err != nil {
		return err
	}
	if etag := x.g.encoder.planOf(message.Descriptor()).etag; etag != nil {
		x.tag(message.Get(etag).String())
	}
	return nil
}

func (codec) Unmarshal([]byte, any) error {
	return errors.New("bodies are decoded from their exchange")
}

func (codec) NewEncoder(io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(any) error { return errors.New("answers are not streamed") })
}

// NewDecoder reads a request's body. The generated code turns the decoder's error into text; what it should have
// been is noted in the exchange.
func (codec) NewDecoder(from io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		body, ok := from.(*content)
		if !ok {
			return errors.New("a body without its exchange")
		}
		x := (*exchange)(body)
		if len(x.input) == 0 {
			return io.EOF
		}
		m, err := target(v)
		if err == nil {
			err = x.decode(m)
		}
		if err != nil {
			x.fault = err
		}
		return err
	})
}

// target is the message that the generated code wants filled: the request, or a field of it that is still nil.
func target(v any) (proto.Message, error) {
	if m, ok := v.(proto.Message); ok {
		return m, nil
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.Elem().Kind() == reflect.Pointer {
		rv.Elem().Set(reflect.New(rv.Elem().Type().Elem()))
		if m, ok := rv.Elem().Interface().(proto.Message); ok {
			return m, nil
		}
	}
	return nil, fmt.Errorf("%T is no message", v)
}

// decode fills m with the body. Only a body that does not fit is looked at more closely, to say where and why.
func (x *exchange) decode(m proto.Message) error {
	prefix := ""
	if x.route.content != nil {
		prefix = x.route.content.JSONName()
	}
	options := protojson.UnmarshalOptions{RecursionLimit: maxDepth}
	if err := options.Unmarshal(x.input, m); err != nil {
		return diagnose(prefix, m.ProtoReflect().Descriptor(), x.input)
	}
	if x.route.content != nil {
		return nil
	}
	for name := range x.route.bound {
		if m.ProtoReflect().Has(m.ProtoReflect().Descriptor().Fields().ByName(name)) {
			return invalidFields([]errs.Field{{Path: string(name), Description: "is given by the path"}})
		}
	}
	return nil
}

// newMux is what the generated code registers with and answers through.
func newMux() *runtime.ServeMux {
	return runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, codec{}),
		runtime.WithMiddlewares(answerProbes),
		runtime.WithForwardResponseOption(encode),
		runtime.WithOutgoingHeaderMatcher(outgoingHeader),
		runtime.WithErrorHandler(func(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
			x, ok := w.(*exchange)
			if !ok { // a probe that no handler took
				return
			}
			if md, ok := runtime.ServerMetadataFromContext(ctx); ok {
				x.pass(md.HeaderMD)
			}
			x.fail(err)
		}),
	)
}

// outgoingHeader lets a service's header metadata through to the client; only what is named here.
func outgoingHeader(key string) (string, bool) {
	return "Idempotent-Replayed", strings.EqualFold(key, "idempotent-replayed")
}
