package reference

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/errs"
)

// owner is every service: it has what it was given, and notes who asked by which method.
type owner struct {
	grpc.ClientConnInterface
	has                map[string]string // whose, by name
	refusal            error
	asked, method, who string
}

func (o *owner) Invoke(ctx context.Context, method string, req, res any, _ ...grpc.CallOption) error {
	m := req.(proto.Message).ProtoReflect()
	o.asked, o.method = m.Get(m.Descriptor().Fields().ByName("name")).String(), method
	if sent, _ := metadata.FromOutgoingContext(ctx); len(sent.Get("authorization")) > 0 {
		o.who = sent.Get("authorization")[0]
	}
	whose, there := o.has[o.asked]
	switch {
	case o.refusal != nil:
		return o.refusal
	case !there:
		return errs.NotFound(o.asked).GRPCStatus().Err()
	}
	out := res.(proto.Message).ProtoReflect()
	if field := out.Descriptor().Fields().ByName("customer"); field != nil {
		out.Set(field, protoreflect.ValueOfString(whose))
	}
	return nil
}

func TestCheck(t *testing.T) {
	const mine, others = "customers/mine", "customers/others"
	o := &owner{has: map[string]string{
		"orders/1": mine, "orders/2": others, "cases/1": mine, "cases/2": others, "promises/1": mine, "promises/2": others,
		"messages/1": mine, "messages/2": others, "products/pot": "", mine: mine, others: others,
		"orders/1/shortages/1": "", "orders/2/shortages/1": "", "orders/1/refunds/1": "", "orders/2/refunds/1": "",
	}}
	service := ""
	c := New(func(name string) grpc.ClientConnInterface { service = name; return o })
	for name, want := range map[string]string{
		"": "", "orders/1": "order", "cases/1": "support", "promises/1": "customer", "messages/1": "notification",
		"products/pot": "order", mine: "customer", "orders/1/shortages/1": "order", "orders/1/refunds/1": "order",
	} {
		service = ""
		require.NoError(t, c.Check(t.Context(), "case.about", name, mine), name)
		require.Equal(t, want, service, name)
	}
	fault := c.Check(t.Context(), "case.about", "orders/none", mine)
	require.Equal(t, errs.Invalid("case.about", "%q does not exist", "orders/none"), fault)
	for _, name := range []string{
		"orders/2", "cases/2", "promises/2", "messages/2", others, "cases/none", "unicorns/1", "orders", "orders/1/unicorns/1", "orders/1/shortages/none", "orders/2/shortages/1", "orders/2/refunds/1",
	} {
		require.Equal(t, errs.Invalid("case.about", "%q does not exist", name), c.Check(t.Context(), "case.about", name, mine), name)
	}
}

func TestTheOwnerIsAskedAsTheCaller(t *testing.T) {
	o := &owner{has: map[string]string{"orders/1": "customers/mine"}}
	c := New(func(string) grpc.ClientConnInterface { return o })
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer mine"))
	require.NoError(t, c.Check(ctx, "about", "orders/1", "customers/mine"))
	require.Equal(t, "/kept.order.v1.OrderService/GetOrder", o.method)
	require.Equal(t, "Bearer mine", o.who)
	for code, kind := range map[codes.Code]codes.Code{
		codes.PermissionDenied: codes.InvalidArgument, codes.NotFound: codes.InvalidArgument,
		codes.Unavailable: codes.Unavailable, codes.DeadlineExceeded: codes.DeadlineExceeded,
	} {
		o.refusal = status.Error(code, "no")
		require.Equal(t, kind, errs.KindOf(c.Check(ctx, "about", "orders/1", "customers/mine")), code)
	}
}
