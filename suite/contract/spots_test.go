package contract_test

import (
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// spot is one place in a request: a field, or the first element of a list.
type spot struct {
	path []protoreflect.FieldDescriptor
	// ignored says that it is output only, or within what is: the server does not look at what a caller writes there.
	ignored bool
}

// spots are all places in a request, from the outside in.
func spots(md protoreflect.MessageDescriptor) []spot { return spotsBelow(md, spot{}) }

func spotsBelow(md protoreflect.MessageDescriptor, above spot) []spot {
	var all []spot
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		s := spot{path: append(slices.Clone(above.path), fd), ignored: above.ignored || outputOnly(fd)}
		all = append(all, s)
		if fd.Message() != nil && !wellKnown(fd.Message()) && !slices.Contains(above.path, fd) {
			all = append(all, spotsBelow(fd.Message(), s)...)
		}
	}
	return all
}

// wellKnown tells messages that JSON writes in a way of their own.
func wellKnown(md protoreflect.MessageDescriptor) bool {
	return md.ParentFile().Package() == "google.protobuf"
}

func outputOnly(fd protoreflect.FieldDescriptor) bool {
	return behaves(fd, annotations.FieldBehavior_OUTPUT_ONLY) || behaves(fd, annotations.FieldBehavior_IDENTIFIER)
}

func behaves(fd protoreflect.FieldDescriptor, how annotations.FieldBehavior) bool {
	declared, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(declared, how)
}

// rulesFor is what the contract says of the field's values.
func rulesFor(fd protoreflect.FieldDescriptor) *validate.FieldRules {
	rules, _ := proto.GetExtension(fd.Options(), validate.E_Field).(*validate.FieldRules)
	return rules
}

func (s spot) field() protoreflect.FieldDescriptor { return s.path[len(s.path)-1] }

func (s spot) required() bool {
	return !s.ignored && behaves(s.field(), annotations.FieldBehavior_REQUIRED)
}

func (s spot) is(message protoreflect.FullName) bool {
	return s.field().Message() != nil && s.field().Message().FullName() == message
}

// String is the place as gRPC's field violations name it: "order.lines[0].product".
func (s spot) String() string {
	return s.named(func(fd protoreflect.FieldDescriptor) string { return string(fd.Name()) })
}

// json is the place as REST names it: "order.lines[0].unitPrice".
func (s spot) json() string { return s.named(protoreflect.FieldDescriptor.JSONName) }

func (s spot) named(name func(protoreflect.FieldDescriptor) string) string {
	parts := make([]string, len(s.path))
	for i, fd := range s.path {
		parts[i] = name(fd)
		if fd.IsList() && i < len(s.path)-1 {
			parts[i] += "[0]"
		}
	}
	return strings.Join(parts, ".")
}

// spoiled is a copy of the request with something done to the message that the place is in.
func (s spot) spoiled(request proto.Message, do func(in protoreflect.Message, fd protoreflect.FieldDescriptor)) proto.Message {
	copied := proto.Clone(request)
	at := copied.ProtoReflect()
	for _, fd := range s.path[:len(s.path)-1] {
		if !fd.IsList() {
			at = at.Mutable(fd).Message()
			continue
		}
		list := at.Mutable(fd).List()
		if list.Len() == 0 {
			list.AppendMutable()
		}
		at = list.Get(0).Message()
	}
	do(at, s.field())
	return copied
}

// with is a copy of the request with the value at the place.
func (s spot) with(request proto.Message, value protoreflect.Value) proto.Message {
	return s.spoiled(request, func(in protoreflect.Message, fd protoreflect.FieldDescriptor) {
		if !fd.IsList() {
			in.Set(fd, value)
			return
		}
		list := in.Mutable(fd).List()
		if list.Len() == 0 {
			list.Append(value)
		}
		list.Set(0, value)
	})
}

// text is what the request has at the place, which holds a text.
func (s spot) text(request proto.Message) (text string) {
	s.spoiled(request, func(in protoreflect.Message, fd protoreflect.FieldDescriptor) {
		switch {
		case !fd.IsList():
			text = in.Get(fd).String()
		case in.Get(fd).List().Len() > 0:
			text = in.Get(fd).List().Get(0).String()
		}
	})
	return text
}
