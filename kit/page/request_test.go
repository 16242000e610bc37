package page_test

import (
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// request is a List request as buf would generate it, made without a contract.
type request struct{ *dynamicpb.Message }

func (r request) get(name protoreflect.Name) protoreflect.Value {
	return r.Get(r.Descriptor().Fields().ByName(name))
}
func (r request) GetPageSize() int32   { return int32(r.get("page_size").Int()) }
func (r request) GetPageToken() string { return r.get("page_token").String() }
func (r request) GetFilter() string    { return r.get("filter").String() }
func (r request) GetOrderBy() string   { return r.get("order_by").String() }

func (r request) set(name protoreflect.Name, v any) request {
	c := request{proto.Clone(r.Message).(*dynamicpb.Message)}
	c.Set(c.Descriptor().Fields().ByName(name), protoreflect.ValueOf(v))
	return c
}

func listRequest(t require.TestingT) request {
	text := descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum()
	field := func(n int32, name string, kind *descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: &name, Number: &n, Type: kind, Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("thing.proto"), Package: proto.String("test"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{
			Name: proto.String("ListThingsRequest"),
			Field: []*descriptorpb.FieldDescriptorProto{
				field(1, "page_size", descriptorpb.FieldDescriptorProto_TYPE_INT32.Enum()),
				field(2, "page_token", text), field(3, "filter", text), field(4, "order_by", text), field(5, "parent", text),
			},
		}},
	}, nil)
	require.NoError(t, err)
	return request{dynamicpb.NewMessage(file.Messages().ByName("ListThingsRequest"))}
}

// things is what the tests list: a field of each kind, and one that may be unset.
var things = page.Listing{
	Fields: []page.Field{
		{Name: "name", Column: "id", Prefix: "things/"},
		{Name: "customer", Prefix: "customers/"},
		{Name: "role", Kind: page.Enum, Enum: accessv1.Role_ROLE_AGENT},
		{Name: "size", Kind: page.Int},
		{Name: "open", Kind: page.Bool},
		{Name: "make_time", Kind: page.Timestamp},
		{Name: "due_time", Kind: page.Timestamp, Nullable: true},
		{Name: "rank", Kind: page.Int, OrderOnly: true},
		{Name: "note", FilterOnly: true},
	},
	ID:           "id",
	DefaultOrder: "make_time desc",
}

const selectThings = "select id, customer, role, size, open, make_time, due_time, rank, note from thing"

const createThings = `create table thing (
	id text not null primary key,
	customer text not null,
	role bigint not null,
	size bigint not null,
	open boolean not null,
	make_time bigint not null,
	due_time bigint,
	rank bigint not null,
	note text not null
)`

func sqlOf(t require.TestingT, req request) (string, []any) {
	q, err := things.Parse(req)
	require.NoError(t, err)
	return q.SQL("select id from thing")
}

// requireInvalid asks for an INVALID_ARGUMENT about that field.
func requireInvalid(t require.TestingT, field string, err error) {

	var refusal *errs.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, "INVALID_REQUEST", refusal.Reason())
	require.Contains(t, refusal.Error(), field+": ")
}
