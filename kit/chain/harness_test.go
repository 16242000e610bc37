package chain_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"kept.dev/kit/access"
	"kept.dev/kit/chain"
	"kept.dev/kit/errs"
	"kept.dev/kit/token"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
)

// Methods of the services that the tests call.
const (
	replay   = "/kept.ops.v1.DeadLetterService/ReplayDeadLetter" // admins, a name with a pattern
	list     = "/kept.ops.v1.DeadLetterService/ListDeadLetters"  // admins, a name of bounded length
	activity = "/kept.ops.v1.ActivityService/ReportActivity"     // services
	advance  = "/kept.ops.v1.SandboxService/AdvanceClock"        // admins
	health   = "/grpc.health.v1.Health/Check"
	greet    = "/shop.Shop/Greet" // anybody
	buy      = "/shop.Shop/Buy"   // customers, for themselves
	look     = "/shop.Shop/Look"  // customers, at rows of their own
)

var (
	ada   = access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/ada"}
	anna  = access.Principal{Role: accessv1.Role_ROLE_AGENT, Subject: "agents/anna"}
	carl  = access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: "customers/carl"}
	order = access.Principal{Role: accessv1.Role_ROLE_SERVICE, Subject: "services/order"}
)

// passes is a verifier for which a token is the name of its bearer.
type passes struct{}

func (passes) Verify(_ context.Context, raw string, _ func() string) (token.Identity, error) {
	for _, p := range []access.Principal{ada, anna, carl, order} {
		if p.Subject == raw {
			return token.Identity{Principal: p, Until: time.Now().Add(time.Hour)}, nil
		}
	}
	return token.Identity{}, errs.Unauthenticated("TOKEN_INVALID", "not one of ours")
}

// shopOf describes a service with a public RPC and two for customers' own.
func shopOf(t testing.TB) protoreflect.ServiceDescriptor {
	t.Helper()
	method := func(name string, rule *accessv1.Rule) *descriptorpb.MethodDescriptorProto {
		options := &descriptorpb.MethodOptions{}
		proto.SetExtension(options, accessv1.E_Rule, rule)
		return &descriptorpb.MethodDescriptorProto{Name: &name, Options: options,
			InputType: proto.String(".shop.Request"), OutputType: proto.String(".shop.Request")}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("shop.proto"), Package: proto.String("shop"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("Request"), Field: []*descriptorpb.FieldDescriptorProto{{
			Name: proto.String("customer"), Number: proto.Int32(1), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}}}},
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("Shop"), Method: []*descriptorpb.MethodDescriptorProto{
			method("Greet", &accessv1.Rule{Anyone: true}),
			method("Buy", &accessv1.Rule{Roles: []accessv1.Role{accessv1.Role_ROLE_CUSTOMER}, Own: &accessv1.Rule_Field{Field: "customer"}}),
			method("Look", &accessv1.Rule{Roles: []accessv1.Role{accessv1.Role_ROLE_CUSTOMER}, Own: &accessv1.Rule_Row{Row: &accessv1.Row{}}}),
		}}},
	}, protoregistry.GlobalFiles)
	require.NoError(t, err)
	return file.Services().Get(0)
}

// bench is a chain with its surroundings.
type bench struct {
	*chain.Chain
	shop protoreflect.ServiceDescriptor
	log  *logBuffer
}

func newBench(t testing.TB, change func(*chain.Config)) *bench {
	t.Helper()
	shop := shopOf(t)
	services := opsv1.File_kept_ops_v1_ops_service_proto.Services()
	rules, err := access.Rules(shop, services.ByName("DeadLetterService"), services.ByName("ActivityService"), services.ByName("SandboxService"))
	require.NoError(t, err)
	log := &logBuffer{}
	config := chain.Config{Log: slog.New(slog.NewTextHandler(log, nil)), Verifier: passes{}, Rules: rules}
	change(&config)
	return &bench{Chain: chain.New(config), shop: shop, log: log}
}

func plain(*chain.Config) {}

// purchase is a request to buy for the customer.
func (b *bench) purchase(customer string) proto.Message {
	m := dynamicpb.NewMessage(b.shop.Methods().Get(0).Input())
	m.Set(m.Descriptor().Fields().ByName("customer"), protoreflect.ValueOfString(customer))
	return m
}

var sound = &opsv1.ReplayDeadLetterRequest{Name: "services/order/deadLetters/1"}

// call makes a unary call with a handler.
func (b *bench) call(ctx context.Context, method string, req any, handle func(ctx context.Context) error) error {
	_, err := b.Unary()(ctx, req, &grpc.UnaryServerInfo{FullMethod: method}, func(ctx context.Context, _ any) (any, error) {
		return "answer", handle(ctx)
	})
	return err
}

func well(context.Context) error { return nil }

// as is a call's context with metadata: the caller's token, then pairs.
func as(ctx context.Context, who access.Principal, pairs ...string) context.Context {
	if !who.Anonymous() {
		pairs = append(pairs, "authorization", "Bearer "+who.Subject)
	}
	return metadata.NewIncomingContext(ctx, metadata.Pairs(pairs...))
}

// logBuffer is a log that may be written to and read at once.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSuffix(l.text.String(), "\n"), "\n")
}

// incoming is a stream that brings requests.
type incoming struct {
	grpc.ServerStream
	ctx      context.Context
	requests []proto.Message
	sent     int
}

func (s *incoming) SendMsg(any) error { s.sent++; return nil }

func (s *incoming) Context() context.Context { return s.ctx }

func (s *incoming) RecvMsg(m any) error {
	if len(s.requests) == 0 {
		return io.EOF
	}
	proto.Merge(m.(proto.Message), s.requests[0])
	s.requests = s.requests[1:]
	return nil
}

// limiter lets calls pass until it is told to stop, and notes who came.
type limiter struct {
	full    bool
	callers []string
}

func (l *limiter) Allow(_ context.Context, caller string) (bool, time.Duration) {
	l.callers = append(l.callers, caller)
	return !l.full, 3 * time.Second
}
