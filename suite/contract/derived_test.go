package contract_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// derived is a request of a standard method, made from the sample of its resource's Create: Get, List, Update and Delete need no sample
// of their own, unless it has to be about something more than was just created.
func (w *fixture) derived(t testing.TB, r rpc) (proto.Message, bool) {
	create, there := r.create(t)
	if !there {
		return nil, false
	}
	asked, made := w.make(t, create)
	request := r.newRequest(t)
	fields := request.ProtoReflect().Descriptor().Fields()
	set := func(name protoreflect.Name, value protoreflect.Value) {
		if field := fields.ByName(name); field != nil {
			request.ProtoReflect().Set(field, value)
		}
	}
	if r.does("Update") {
		w.deriveUpdate(t, create, request, made)
		return request, true
	}
	for _, name := range []protoreflect.Name{"name", "etag"} {
		if field := made.ProtoReflect().Descriptor().Fields().ByName(name); field != nil {
			set(name, made.ProtoReflect().Get(field))
		}
	}
	if parent := asked.ProtoReflect().Descriptor().Fields().ByName("parent"); parent != nil {
		set("parent", asked.ProtoReflect().Get(parent))
	}
	set("page_size", protoreflect.ValueOfInt32(10))
	return request, true
}

// deriveUpdate has an Update change what was made in all fields that a second Create would set and a caller may change.
func (w *fixture) deriveUpdate(t testing.TB, create rpc, request, made proto.Message) {
	other := resourceIn(w.sample(t, create), create.desc.Output())
	resource, mask := proto.Clone(made).ProtoReflect(), &fieldmaskpb.FieldMask{}
	other.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if !outputOnly(field) && !behaves(field, annotations.FieldBehavior_IMMUTABLE) {
			resource.Set(field, value)
			mask.Paths = append(mask.Paths, string(field.Name()))
		}
		return true
	})
	in := request.ProtoReflect()
	in.Set(resourceField(in.Descriptor(), create.desc.Output()), protoreflect.ValueOfMessage(resource))
	in.Set(in.Descriptor().Fields().ByName("update_mask"), protoreflect.ValueOfMessage(mask.ProtoReflect()))
}

// make creates something, as somebody who may, and returns what was asked and what was made.
func (w *fixture) make(t testing.TB, create rpc) (asked, made proto.Message) {
	asked = w.sample(t, create)
	a := w.overGRPC(t, create, w.mayCall(create).token, "", asked)
	require.Equal(t, codes.OK, a.code(), "%s: %v", create, a)
	return asked, a.message
}

// does tells whether it is the standard method of this verb.
func (r rpc) does(verb string) bool { return strings.HasPrefix(string(r.desc.Name()), verb) }

// create is the Create of the resource that the standard method is about.
func (r rpc) create(t testing.TB) (rpc, bool) {
	for _, c := range rpcs(t) {
		name, is := strings.CutPrefix(string(c.desc.Name()), "Create")
		if !is || c.desc.Parent() != r.desc.Parent() {
			continue
		}
		switch string(r.desc.Name()) {
		case "Get" + name, "Update" + name, "Delete" + name:
			return c, true
		}
		if r.does("List") && listed(r.desc.Output()) == c.desc.Output() {
			return c, true
		}
	}
	return rpc{}, false
}

// listed is of what a List's answer is a list.
func listed(answer protoreflect.MessageDescriptor) protoreflect.MessageDescriptor {
	for i := range answer.Fields().Len() {
		if field := answer.Fields().Get(i); field.IsList() && field.Message() != nil {
			return field.Message()
		}
	}
	return nil
}

// resourceField is the field of a request that holds the resource.
func resourceField(request, resource protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	for i := range request.Fields().Len() {
		if field := request.Fields().Get(i); field.Message() == resource && !field.IsList() {
			return field
		}
	}
	return nil
}

func resourceIn(request proto.Message, resource protoreflect.MessageDescriptor) protoreflect.Message {
	in := request.ProtoReflect()
	return in.Get(resourceField(in.Descriptor(), resource)).Message()
}
