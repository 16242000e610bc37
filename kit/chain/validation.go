package chain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/errs"
)

// idempotencyKey is the metadata key that makes a retry harmless.
const idempotencyKey = "idempotency-key"

// maxKeyLength is how long an idempotency key may be, in bytes.
const maxKeyLength = 255

// NewValidator makes a validator that knows the requests of the services already, so that no caller waits for the
// rules to be compiled, and reports all faults of a request at once.
func NewValidator(services ...protoreflect.ServiceDescriptor) (protovalidate.Validator, error) {
	var requests []protoreflect.MessageDescriptor
	for _, service := range services {
		for i := range service.Methods().Len() {
			requests = append(requests, service.Methods().Get(i).Input())
		}
	}
	v, err := protovalidate.New(protovalidate.WithMessageDescriptors(requests...))
	if err != nil {
		return nil, fmt.Errorf("compile validation rules: %w", err)
	}
	return v, nil
}

// validation refuses requests that are not as the contract says.
type validation struct{ validator protovalidate.Validator }

func (v validation) step(ctx context.Context, c *call) error {
	if err := soundKey(metadata.ValueFromIncomingContext(ctx, idempotencyKey)); err != nil {
		return err
	}
	if !c.stream {
		if err := v.message(c.request); err != nil {
			return err
		}
	}
	return c.next(ctx)
}

func soundKey(keys []string) error {
	switch {
	case len(keys) == 0:
		return nil
	case len(keys) > 1:
		return errs.Invalid(idempotencyKey, "must be sent once, not %d times", len(keys))
	case strings.TrimSpace(keys[0]) == "" || len(keys[0]) > maxKeyLength:
		return errs.Invalid(idempotencyKey, "must have 1 to %d characters", maxKeyLength)
	}
	return nil
}

func (v validation) message(request any) error {
	m, ok := request.(proto.Message)
	if !ok {
		return fmt.Errorf("validate %T: not a message", request)
	}
	var unsound soundness
	if unsound.message(m.ProtoReflect()); len(unsound.faults) > 0 {
		return errs.InvalidFields(unsound.faults...)
	}
	err := v.validator.Validate(m, Partial(m)...)
	if err == nil {
		return nil
	}
	var faults *protovalidate.ValidationError
	if !errors.As(err, &faults) || len(faults.Violations) == 0 {
		return fmt.Errorf("validate: %w", err)
	}
	fields := make([]errs.Field, len(faults.Violations))
	for i, fault := range faults.Violations {
		fields[i] = errs.Field{Path: pathOf(fault), Description: adviceOf(fault)}
	}
	return errs.InvalidFields(fields...)
}

// pathOf is where the fault is: "order.lines[2].quantity", or "request" for a rule about the whole.
func pathOf(fault *protovalidate.Violation) string {
	if path := protovalidate.FieldPathString(fault.Proto.GetField()); path != "" {
		return path
	}
	return "request"
}
