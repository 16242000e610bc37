package change_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/kittest"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

func TestMain(m *testing.M) { kittest.Main(m) }

// bench is a handler whose effect is a row, and whose answer tells how many there are.
type bench struct {
	db     *sqldb.DB
	broken atomic.Bool
	runs   atomic.Int64
}

func onBoth(t *testing.T, test func(t *testing.T, b *bench)) {
	kittest.OnBoth(t, func(t *testing.T, db *sqldb.DB) {
		kittest.Exec(t, db, `create table effect (body text not null)`)
		kittest.Exec(t, db, `create table seat (id bigint not null constraint seat_taken primary key)`)
		test(t, &bench{db: db})
	})
}

var errBroken = errors.New("it is broken")

func (b *bench) call(ctx context.Context, req proto.Message) (string, error) {
	answer, err := change.Do(ctx, b.db, req, func(tx *sqldb.Tx) (*wrapperspb.StringValue, error) {
		n := b.runs.Add(1)
		tx.Exec(`insert into effect (body) values ($1)`, "x")
		if b.broken.Load() {
			return nil, errBroken
		}
		return wrapperspb.String(fmt.Sprint("answer ", n)), nil
	})
	return answer.GetValue(), err
}

func (b *bench) effects(t testing.TB) int64 {
	return kittest.Number(t, b.db, `select count(*) from effect`)
}

// caller is one call as the server sees it.
type caller struct {
	subject, method, key string
	header               metadata.MD
}

func (c *caller) Method() string                 { return c.method }
func (c *caller) SendHeader(metadata.MD) error   { return nil }
func (c *caller) SetTrailer(metadata.MD) error   { return nil }
func (c *caller) SetHeader(md metadata.MD) error { c.header = metadata.Join(c.header, md); return nil }

func (c *caller) replayed() bool { return len(c.header.Get(change.Replayed)) == 1 }

func (c *caller) context(t testing.TB) context.Context {
	ctx := access.With(t.Context(), access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: c.subject})
	if c.key != "" {
		ctx = metadata.NewIncomingContext(ctx, metadata.Pairs(change.Header, c.key))
	}
	return grpc.NewContextWithServerTransportStream(ctx, c)
}

func anna(key string) *caller {
	return &caller{subject: "customers/anna", method: "/kept.test.v1.Test/Create", key: key}
}

// The guard idempotency.check: without it the second call would have its effect too.
func TestTheSameKeyGetsTheSameAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		first, second := anna("k"), anna("k")
		one, err := b.call(first.context(t), wrapperspb.String("body"))
		require.NoError(t, err)
		two, err := b.call(second.context(t), wrapperspb.String("body"))
		require.NoError(t, err)
		require.Equal(t, one, two)
		require.False(t, first.replayed())
		require.True(t, second.replayed())
		require.EqualValues(t, 1, b.effects(t))
	})
}

func TestTheSameKeyWithAnotherBodyIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		_, err := b.call(anna("k").context(t), wrapperspb.String("body"))
		require.NoError(t, err)
		_, err = b.call(anna("k").context(t), wrapperspb.String("another"))
		require.Equal(t, "IDEMPOTENCY_KEY_REUSED", errs.ReasonOf(err))
		require.EqualValues(t, 1, b.effects(t))
	})
}

func TestWithoutAKeyEachCallCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		for range 3 {
			_, err := b.call(anna("").context(t), wrapperspb.String("body"))
			require.NoError(t, err)
		}
		require.EqualValues(t, 3, b.effects(t))
	})
}

func TestKeysOfDifferentCallersAndMethodsDoNotMeet(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		ben, other := anna("k"), anna("k")
		ben.subject, other.method = "customers/ben", "/kept.test.v1.Test/Update"
		for _, c := range []*caller{anna("k"), ben, other} {
			_, err := b.call(c.context(t), wrapperspb.String("body of "+c.subject))
			require.NoError(t, err)
			require.False(t, c.replayed())
		}
		require.EqualValues(t, 3, b.effects(t))
	})
}

func TestFiftyAtTheSameTimeHaveOneEffect(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		var callers sync.WaitGroup
		answers, faults := make([]string, 50), make([]error, 50)
		var replayed atomic.Int64
		for i := range 50 {
			c := anna("k")
			ctx := c.context(t)
			callers.Go(func() {
				answers[i], faults[i] = b.call(ctx, wrapperspb.String("body"))
				if c.replayed() {
					replayed.Add(1)
				}
			})
		}
		callers.Wait()
		require.NoError(t, errors.Join(faults...))
		for _, a := range answers {
			require.Equal(t, answers[0], a)
		}
		require.EqualValues(t, 49, replayed.Load())
		require.EqualValues(t, 1, b.effects(t))
	})
}

func TestFailuresAreNotKept(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		b.broken.Store(true)
		_, err := b.call(anna("k").context(t), wrapperspb.String("body"))
		require.ErrorIs(t, err, errBroken)
		require.Zero(t, b.effects(t))
		b.broken.Store(false)
		again := anna("k")
		_, err = b.call(again.context(t), wrapperspb.String("body"))
		require.NoError(t, err)
		require.False(t, again.replayed())
		require.EqualValues(t, 1, b.effects(t))
	})
}

// The first call took the last seat: repeated, it must hear that it has the seat and not that there is none.
func TestARepeatedCallDoesNotStumbleOverItsOwnEffect(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		taken := errs.Refused("SEAT_TAKEN", "taken")
		take := func(c *caller) error {
			_, err := change.Do(c.context(t), b.db, wrapperspb.String("seat 1"), func(tx *sqldb.Tx) (*wrapperspb.StringValue, error) {
				tx.Exec(`insert into seat (id) values (1)`).Refuse("seat_taken", taken)
				return wrapperspb.String("yours"), nil
			})
			return err
		}
		require.NoError(t, take(anna("k")))
		again := anna("k")
		require.NoError(t, take(again))
		require.True(t, again.replayed())
		require.ErrorIs(t, take(anna("another")), taken)
	})
}

func TestAnExpiredKeyRunsAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		_, err := b.call(anna("k").context(t), wrapperspb.String("body"))
		require.NoError(t, err)
		kittest.Exec(t, b.db, `update idempotency set created = created - $1`, change.Kept.Microseconds()+1)
		again := anna("k")
		_, err = b.call(again.context(t), wrapperspb.String("quite another body"))
		require.NoError(t, err)
		require.False(t, again.replayed())
		require.EqualValues(t, 2, b.effects(t))
		third := anna("k")
		_, err = b.call(third.context(t), wrapperspb.String("quite another body"))
		require.NoError(t, err)
		require.True(t, third.replayed())
	})
}

func TestARequestIDIsAKey(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		for i, call := range []struct {
			caller           *caller
			requestID, body  string
			replayed, reused bool
		}{
			{caller: anna(""), requestID: "r", body: "one"},
			{caller: anna(""), requestID: "r", body: "one", replayed: true},
			{caller: anna(""), requestID: "r", body: "two", reused: true},
			{caller: anna("r"), body: "one", replayed: true}, // the header says the same as the field
			{caller: anna("h"), requestID: "r", body: "two"}, // and is heard first
			{caller: anna(""), requestID: "", body: "one"},
		} {
			_, err := b.call(call.caller.context(t), request(t, call.requestID, call.body))
			require.Equal(t, call.reused, errs.ReasonOf(err) == "IDEMPOTENCY_KEY_REUSED", "call %d", i)
			require.Equal(t, call.reused, err != nil, "call %d", i)
			require.Equal(t, call.replayed, call.caller.replayed(), "call %d", i)
		}
		require.EqualValues(t, 3, b.effects(t))
	})
}

// request is a message with a request_id, as AIP-155 has it.
func request(t testing.TB, requestID, body string) proto.Message {
	text := func(name string, number int32) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: &name, Number: &number, Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("kept/test.proto"), Package: proto.String("kept.test.v1"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{
			Name: proto.String("CreateRequest"), Field: []*descriptorpb.FieldDescriptorProto{text("request_id", 1), text("body", 2)},
		}},
	}, nil)
	require.NoError(t, err)
	m := dynamicpb.NewMessage(file.Messages().Get(0))
	for name, value := range map[protoreflect.Name]string{"request_id": requestID, "body": body} {
		if value != "" {
			m.Set(m.Descriptor().Fields().ByName(name), protoreflect.ValueOfString(value))
		}
	}
	return m
}
