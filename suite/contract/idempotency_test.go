package contract_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/id"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	opsv1 "kept.dev/proto/gen/kept/ops/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// withoutKey are the RPCs that are not GET over REST and take no idempotency key all the same, with the reason.
func withoutKey() map[string]string {
	return map[string]string{
		opsv1.ActivityService_ReportActivity_FullMethodName: "it reads only; REST does not show it, so there is no GET to tell",
		opsv1.SandboxService_AdvanceClock_FullMethodName:    "the clock is in no database; who retries reads the clock and sends what is left",
	}
}

// TestIdempotency makes every changing call again: at once, with another body, by somebody else, fifty times at the same
// moment, with the key in the header and in the request.
func TestIdempotency(t *testing.T) {
	w := newFixture(t)
	kept := 0
	for _, r := range rpcs(t) {
		if !r.changes() {
			continue
		}
		if why, exempt := withoutKey()[r.full()]; exempt {
			t.Logf("exempt: %s: %s", r, why)
			continue
		}
		for way, call := range w.ways(r) {
			t.Run(r.String()+"/"+way, func(t *testing.T) {
				keyed{w, r, call}.check(t)
			})
		}
		kept++
	}
	t.Logf("%d RPCs are carried out once under one key", kept)
}

// keyed is a changing RPC over one way.
type keyed struct {
	*fixture
	rpc  rpc
	call way
}

func (k keyed) check(t *testing.T) {
	one := k.retry(t)
	k.otherBody(t)
	k.otherCaller(t)
	k.crowd(t, one)
	if k.requestID() != nil {
		k.inRequest(t)
	}
}

// who calls.
func (k keyed) who() caller { return k.mayCall(k.rpc) }

// second is another of the same role.
func (k keyed) second() caller {
	if k.who().Role == accessv1.Role_ROLE_CUSTOMER {
		return k.other
	}
	return k.as(k.who().Role, k.who().Subject+"-second")
}

// succeeds calls, and has to be let.
func (k keyed) succeeds(t *testing.T, key string, request proto.Message) answer {
	a := k.call(t, k.rpc, k.who().token, key, request)
	require.Equal(t, codes.OK, a.code(), "%v", a)
	return a
}

// unchanged runs something that must have no effect.
func (k keyed) unchanged(t *testing.T, do func()) {
	k.settle()
	before := k.data.tables(t)
	do()
	k.settle()
	require.Equal(t, before, k.data.tables(t), "the tables")
}

// retry sends the same again over the same way and over the other. It returns the rows that one effect adds.
func (k keyed) retry(t *testing.T) map[string]int {
	request, key := k.sample(t, k.rpc), id.New()
	k.settle()
	before := k.data.tables(t)
	first := k.succeeds(t, key, request)
	require.False(t, first.replayed)
	k.settle()
	one := added(before, k.data.tables(t))
	k.unchanged(t, func() {
		again := k.succeeds(t, key, request)
		require.True(t, again.replayed)
		require.Equal(t, first.raw, again.raw, "the same bytes")
		for _, other := range k.ways(k.rpc) {
			again := other(t, k.rpc, k.who().token, key, request)
			require.True(t, again.replayed && proto.Equal(first.message, again.message), "%v", again)
		}
	})
	return one
}

// otherBody uses a key again for another request.
func (k keyed) otherBody(t *testing.T) {
	key, other := id.New(), k.sample(t, k.rpc)
	k.succeeds(t, key, k.sample(t, k.rpc))
	k.unchanged(t, func() { k.reused(t, key, other) })
}

func (k keyed) reused(t *testing.T, key string, request proto.Message) {
	a := k.call(t, k.rpc, k.who().token, key, request)
	require.Equal(t, codes.FailedPrecondition, a.code(), "%v", a)
	require.Equal(t, "IDEMPOTENCY_KEY_REUSED", a.reason())
	if a.http != 0 {
		require.Equal(t, http.StatusUnprocessableEntity, a.http)
	}
}

// otherCaller uses somebody else's key, and must not get their answer.
func (k keyed) otherCaller(t *testing.T) {
	request, key := k.sample(t, k.rpc), id.New()
	first := k.succeeds(t, key, request)
	stranger := k.second()
	a := k.call(t, k.rpc, stranger.token, key, request)
	require.False(t, a.replayed, "%v", a)
	if k.rpc.rule.GetLink() == nil { // a link does the same for all who have it
		require.NotEqual(t, first.raw, a.raw)
	}
}

// crowd sends the same fifty times at once: one effect, one answer.
func (k keyed) crowd(t *testing.T, one map[string]int) {
	const callers = 50
	request, key := k.sample(t, k.rpc), id.New()
	k.settle()
	before := k.data.tables(t)
	answers := make([]answer, callers)
	var crowd sync.WaitGroup
	for i := range answers {
		crowd.Go(func() { answers[i] = k.call(t, k.rpc, k.who().token, key, request) })
	}
	crowd.Wait()
	firsts := 0
	for _, a := range answers {
		require.Equal(t, codes.OK, a.code(), "%v", a)
		require.Equal(t, answers[0].raw, a.raw)
		if !a.replayed {
			firsts++
		}
	}
	require.Equal(t, 1, firsts, "answers that are not a repetition")
	k.settle()
	require.Equal(t, one, added(before, k.data.tables(t)), "as many new rows as one effect makes")
	k.sameWhenRead(t, answers[0])
}

// sameWhenRead reads what an answer was about, where there is a Get for it: a second effect would show.
func (k keyed) sameWhenRead(t *testing.T, a answer) {
	for _, r := range rpcs(t) {
		name := a.message.ProtoReflect().Descriptor().Fields().ByName("name")
		if r.changes() || r.streams() || r.desc.Output() != k.rpc.desc.Output() || name == nil || pathTo(r.desc.Input(), "name") == nil {
			continue
		}
		request := withValue(r.newRequest(t), pathTo(r.desc.Input(), "name"), a.message.ProtoReflect().Get(name).String())
		read := k.overGRPC(t, r, k.who().token, "", request)
		if _, replayed := a.message.(*opsv1.DeadLetter); replayed && read.code() == codes.NotFound {
			continue // its handler has managed it
		}
		require.Equal(t, codes.OK, read.code(), "%s: %v", r, read)
		require.Equal(t, withoutProgress(a.message), withoutProgress(read.message), "what %s reads", r)
	}
}

// progress are the fields that change by themselves: an interim reply, for one, is added to a case, and an import runs on.
var progress = []protoreflect.Name{"etag", "state", "processed_size", "end_time"}

// withoutProgress is a message in JSON but for those; of all but imports the state stays.
func withoutProgress(m proto.Message) string {
	copied := proto.Clone(m).ProtoReflect()
	_, runs := m.(*orderv1.Import)
	for _, name := range progress {
		if field := copied.Descriptor().Fields().ByName(name); field != nil && (runs || name == "etag") {
			copied.Clear(field)
		}
	}
	return protojson.Format(copied.Interface())
}

func (k keyed) requestID() protoreflect.FieldDescriptor {
	return k.rpc.desc.Input().Fields().ByName("request_id")
}

// inRequest has the key in request_id instead of the header, and in either.
func (k keyed) inRequest(t *testing.T) {
	key := id.New()
	under := func(m proto.Message) proto.Message {
		return withValue(m, []protoreflect.FieldDescriptor{k.requestID()}, key)
	}
	plain := k.sample(t, k.rpc)
	first := k.succeeds(t, "", under(plain))
	require.False(t, first.replayed)
	other := k.sample(t, k.rpc)
	k.unchanged(t, func() {
		for _, again := range []answer{k.succeeds(t, "", under(plain)), k.succeeds(t, key, plain), k.succeeds(t, key, under(plain))} {
			require.True(t, again.replayed)
			require.Equal(t, first.raw, again.raw)
		}
		k.reused(t, "", under(other))
		k.reused(t, key, other)
	})
}
