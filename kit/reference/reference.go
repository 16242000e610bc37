// Package reference finds out whether a name, of a resource of whatever service, is one that exists and that a caller may see.
package reference

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/errs"
)

// Checker asks the owners of resources about their names.
type Checker struct {
	peer func(service string) grpc.ClientConnInterface
}

// New makes a checker that reaches services by their names.
func New(peer func(service string) grpc.ClientConnInterface) *Checker { return &Checker{peer} }

// Check refuses a name that does not exist, that the caller may not see, or that is of another customer than the given one. All
// three are answered alike, naming the field. No name at all is right.
//
// The owner is asked with the caller's own rights, so that it decides what they may see. What can't be got by itself is as good as its
// parent, and what does not say whose it is, such as a refund, is its parent's customer's.
//
// Errors: INVALID_ARGUMENT, and UNAVAILABLE or DEADLINE_EXCEEDED where the owner does not answer.
func (c *Checker) Check(ctx context.Context, field, name, customer string) error {
	if name == "" {
		return nil
	}
	if token := metadata.ValueFromIncomingContext(ctx, "authorization"); len(token) == 1 {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", token[0])
	}
	whose, found, err := c.whose(ctx, name)
	if err != nil {
		return err
	}
	if !found || whose != "" && whose != customer {
		return errs.Invalid(field, "%q does not exist", name)
	}
	return nil
}

// whose finds out whether a name exists for the caller, and whose it is; empty for what is nobody's, such as a product.
func (c *Checker) whose(ctx context.Context, name string) (customer string, found bool, err error) {
	get, asked, known := ownerOf(name)
	if !known {
		return "", false, nil
	}
	m := get.response.New()
	err = c.peer(get.service).Invoke(ctx, get.method, get.ask(asked), m.Interface())
	switch status.Code(err) {
	case codes.OK:
	case codes.NotFound, codes.PermissionDenied, codes.InvalidArgument:
		return "", false, nil
	default:
		return "", false, fmt.Errorf("ask the %s service for a name: %w", get.service, err)
	}
	parent := parentOf(asked)
	if customer = customerOf(m, asked); customer != "" || parent == "" {
		return customer, true, nil
	}
	return c.whose(ctx, parent)
}

// parentOf is the name of what the named is under; empty for what is under nothing.
func parentOf(name string) string {
	parts := strings.Split(name, "/")
	return strings.Join(parts[:max(0, len(parts)-2)], "/")
}

// customerOf is whose a resource is, as far as it says so itself.
func customerOf(m protoreflect.Message, name string) string {
	if field := m.Descriptor().Fields().ByName("customer"); field != nil && field.Kind() == protoreflect.StringKind {
		return m.Get(field).String()
	}
	if parts := strings.Split(name, "/"); parts[0] == "customers" {
		return strings.Join(parts[:2], "/")
	}
	return ""
}

// ask makes the request for a name.
func (g getter) ask(name string) proto.Message {
	m := g.request.New()
	m.Set(m.Descriptor().Fields().ByName("name"), protoreflect.ValueOfString(name))
	return m.Interface()
}
