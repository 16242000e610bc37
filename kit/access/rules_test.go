package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

const (
	customer = accessv1.Role_ROLE_CUSTOMER
	guest    = accessv1.Role_ROLE_GUEST
	agent    = accessv1.Role_ROLE_AGENT
)

// Whoever is refused learns who is not.
func TestARefusalNamesTheRoles(t *testing.T) {
	const method = "/shop.Shop/Call"
	for want, allowed := range map[string][]accessv1.Role{
		"agent":                   {agent},
		"agent or admin":          {accessv1.Role_ROLE_ADMIN, agent, accessv1.Role_ROLE_SERVICE},
		"agent, manager or admin": {agent, accessv1.Role_ROLE_MANAGER, accessv1.Role_ROLE_ADMIN},
		"service":                 {accessv1.Role_ROLE_SERVICE},
	} {
		book, err := access.Rules(shop(t, roles(allowed...)))
		require.NoError(t, err)
		err = book.Admit(access.Principal{Role: guest, Subject: "guests/1"}, method)
		require.EqualError(t, err, method+" needs a token of the role "+want)
	}
}

func roles(rs ...accessv1.Role) *accessv1.Rule { return &accessv1.Rule{Roles: rs} }

func own(field string, rs ...accessv1.Role) *accessv1.Rule {
	return &accessv1.Rule{Roles: rs, Own: &accessv1.Rule_Field{Field: field}}
}

func ownRows(rs ...accessv1.Role) *accessv1.Rule {
	return &accessv1.Rule{Roles: rs, Own: &accessv1.Rule_Row{Row: &accessv1.Row{}}}
}

// shop describes a service with one RPC "Call" under the rule (nil: none). Its request has customer, count, names
// and order.customer.
func shop(t *testing.T, rule *accessv1.Rule) protoreflect.ServiceDescriptor {
	t.Helper()
	field := func(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{Name: &name, Number: &number, Type: &kind,
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
	}
	text, number := descriptorpb.FieldDescriptorProto_TYPE_STRING, descriptorpb.FieldDescriptorProto_TYPE_INT32
	order := field("order", 4, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)
	order.TypeName = proto.String(".shop.Order")
	names := field("names", 3, text)
	names.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	options := &descriptorpb.MethodOptions{}
	if rule != nil {
		proto.SetExtension(options, accessv1.E_Rule, rule)
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("shop.proto"), Package: proto.String("shop"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: proto.String("Request"), Field: []*descriptorpb.FieldDescriptorProto{
				field("customer", 1, text), field("count", 2, number), names, order}},
			{Name: proto.String("Order"), Field: []*descriptorpb.FieldDescriptorProto{field("customer", 1, text)}},
		},
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("Shop"), Method: []*descriptorpb.MethodDescriptorProto{{
			Name: proto.String("Call"), InputType: proto.String(".shop.Request"), OutputType: proto.String(".shop.Order"), Options: options,
		}}}},
	}, protoregistry.GlobalFiles)
	require.NoError(t, err)
	return file.Services().Get(0)
}

func TestRulesRefuseADoorThatIsLeftOpen(t *testing.T) {
	for name, tc := range map[string]struct {
		rule *accessv1.Rule
		says string // "" where the rule is right
	}{
		"no rule":                {nil, "has no access rule"},
		"empty rule":             {&accessv1.Rule{}, "allows no role"},
		"own but no role":        {own("customer"), "allows no role"},
		"role unspecified":       {roles(0), "which is no role"},
		"role of the future":     {roles(31), "which is no role"},
		"customer without own":   {roles(agent, customer), "allows ROLE_CUSTOMER without own"},
		"unknown field":          {own("client", customer), `has no field "client"`},
		"unknown nested field":   {own("order.client", customer), `has no field "client"`},
		"path through a string":  {own("customer.name", customer), "is not a single message"},
		"path ends at a message": {own("order", customer), "not a single string"},
		"path ends at a number":  {own("count", customer), "not a single string"},
		"path ends at a list":    {own("names", customer), "not a single string"},
		"empty path":             {own("", customer), "has no field"},
		"public with roles":      {&accessv1.Rule{Anyone: true, Roles: []accessv1.Role{agent}}, "is public and has"},
		"public with own":        {&accessv1.Rule{Anyone: true, Own: &accessv1.Rule_Row{}}, "is public and has"},
		"public":                 {&accessv1.Rule{Anyone: true}, ""},
		"roles":                  {roles(agent), ""},
		"own field":              {own("customer", customer), ""},
		"own nested field":       {own("order.customer", customer), ""},
		"own rows":               {ownRows(customer), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := access.Rules(shop(t, tc.rule))
			if tc.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "shop.Shop.Call")
			require.ErrorContains(t, err, tc.says)
		})
	}
}

func TestRulesNameEveryOffender(t *testing.T) {
	open := shop(t, roles(customer))
	_, err := access.Rules(shop(t, nil), open)
	require.ErrorContains(t, err, "has no access rule")
	require.ErrorContains(t, err, "without own")
}

func TestCheck(t *testing.T) {
	const mine, others = "customers/1", "customers/12"
	public, staff := &accessv1.Rule{Anyone: true}, roles(agent)
	field, nested := own("customer", customer, agent), own("order.customer", customer, agent)
	for name, tc := range map[string]struct {
		rule   *accessv1.Rule
		caller access.Principal
		value  string // of the field that the rule names
		code   codes.Code
		reason string
	}{
		"nobody, public":                   {public, access.Principal{}, "", codes.OK, ""},
		"customer, public":                 {public, access.Principal{Role: customer, Subject: mine}, "", codes.OK, ""},
		"nobody":                           {staff, access.Principal{}, "", codes.Unauthenticated, "TOKEN_MISSING"},
		"nobody, own":                      {field, access.Principal{}, mine, codes.Unauthenticated, "TOKEN_MISSING"},
		"agent":                            {staff, access.Principal{Role: agent, Subject: "agents/anna"}, "", codes.OK, ""},
		"customer where staff only":        {staff, access.Principal{Role: customer, Subject: mine}, "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		"role of the future":               {staff, access.Principal{Role: 40, Subject: "x"}, "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		"customer, own":                    {field, access.Principal{Role: customer, Subject: mine}, mine, codes.OK, ""},
		"customer, below own":              {field, access.Principal{Role: customer, Subject: mine}, mine + "/addresses/2", codes.OK, ""},
		"customer, another's":              {field, access.Principal{Role: customer, Subject: mine}, others, codes.NotFound, "NOT_FOUND"},
		"customer, a longer name's":        {field, access.Principal{Role: customer, Subject: others}, mine, codes.NotFound, "NOT_FOUND"},
		"customer, everybody's":            {field, access.Principal{Role: customer, Subject: mine}, "customers/-", codes.NotFound, "NOT_FOUND"},
		"customer, nobody's":               {field, access.Principal{Role: customer, Subject: mine}, "", codes.InvalidArgument, "INVALID_REQUEST"},
		"customer without subject":         {field, access.Principal{Role: customer}, others, codes.NotFound, "NOT_FOUND"},
		"no subject, no customer":          {field, access.Principal{Role: customer}, "/" + mine, codes.NotFound, "NOT_FOUND"},
		"agent, anybody's":                 {field, access.Principal{Role: agent, Subject: "agents/anna"}, others, codes.OK, ""},
		"guest is held to own too":         {own("customer", guest), access.Principal{Role: guest, Subject: "guests/1"}, others, codes.NotFound, "NOT_FOUND"},
		"customer, own nested":             {nested, access.Principal{Role: customer, Subject: mine}, mine, codes.OK, ""},
		"customer, creating for another":   {nested, access.Principal{Role: customer, Subject: mine}, others, codes.NotFound, "NOT_FOUND"},
		"customer, creating for nobody":    {nested, access.Principal{Role: customer, Subject: mine}, "", codes.InvalidArgument, "INVALID_REQUEST"},
		"customer, rows are the store's":   {ownRows(customer), access.Principal{Role: customer, Subject: mine}, "", codes.OK, ""},
		"guest where rows are customers'":  {ownRows(customer), access.Principal{Role: guest, Subject: "guests/1"}, "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		"agent where customers alone come": {ownRows(customer), access.Principal{Role: agent, Subject: "agents/a"}, "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
	} {
		t.Run(name, func(t *testing.T) {
			service := shop(t, tc.rule)
			rules, err := access.Rules(service)
			require.NoError(t, err)
			err = rules.Check(tc.caller, "/shop.Shop/Call", request(service, tc.rule, tc.value))
			if tc.code == codes.OK {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tc.code, errs.KindOf(err))
			require.Equal(t, tc.reason, errs.ReasonOf(err))
			if tc.code == codes.NotFound {
				require.Equal(t, errs.NotFound(tc.value), err, "an unknown name answers just so")
			}
		})
	}
}

func request(service protoreflect.ServiceDescriptor, rule *accessv1.Rule, value string) proto.Message {
	m := dynamicpb.NewMessage(service.Methods().Get(0).Input())
	if value == "" {
		return m
	}
	holder := m.ProtoReflect()
	if rule.GetField() == "order.customer" {
		holder = holder.Mutable(holder.Descriptor().Fields().ByName("order")).Message()
	}
	holder.Set(holder.Descriptor().Fields().ByName("customer"), protoreflect.ValueOfString(value))
	return m
}

func TestWhatHasNoRuleIsShut(t *testing.T) {
	rules, err := access.Rules(shop(t, own("customer", customer)))
	require.NoError(t, err)
	admin := access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/ada"}
	for name, book := range map[string]*access.Rulebook{"other service": rules, "no rules": nil} {
		t.Run(name, func(t *testing.T) {
			err := book.Check(admin, "/shop.Shop/Other", &opsv1.GetClockRequest{})
			require.Equal(t, codes.PermissionDenied, errs.KindOf(err))
		})
	}
	wrong := rules.Check(access.Principal{Role: customer, Subject: "customers/1"}, "/shop.Shop/Call", &opsv1.GetClockRequest{})
	require.Equal(t, codes.Internal, errs.KindOf(wrong))
}

func TestHealthAndReflectionAreExempt(t *testing.T) {
	health := grpc_health_v1.File_grpc_health_v1_health_proto.Services().Get(0)
	rules, err := access.Rules(health, shop(t, roles(agent)))
	require.NoError(t, err)
	require.NoError(t, rules.Check(access.Principal{}, "/grpc.health.v1.Health/Check", nil))
	require.NoError(t, rules.Check(access.Principal{}, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", nil))
	require.Error(t, rules.Check(access.Principal{}, "/grpc.health.v1.HealthX/Check", nil))
}

func TestDescribedAreTheServicesOfAServer(t *testing.T) {
	server := grpc.NewServer()
	opsv1.RegisterDeadLetterServiceServer(server, opsv1.UnimplementedDeadLetterServiceServer{})
	described, err := access.Described(server)
	require.NoError(t, err)
	require.Len(t, described, 1)
	require.EqualValues(t, "kept.ops.v1.DeadLetterService", described[0].FullName())

	server.RegisterService(&grpc.ServiceDesc{ServiceName: "shop.Unknown", HandlerType: (*any)(nil)}, struct{}{})
	_, err = access.Described(server)
	require.ErrorContains(t, err, "shop.Unknown")
}
