package chain

import (
	"slices"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// Partial lets an update leave out what it does not change (AIP-134), be it required when the resource is made. What is
// there, and what the mask names, has to be sound all the same. It is nil for requests that are no updates.
func Partial(m proto.Message) []protovalidate.ValidationOption {
	request := m.ProtoReflect()
	of := request.Descriptor().Fields().ByName("update_mask")
	if of == nil {
		return nil
	}
	mask, _ := request.Get(of).Message().Interface().(*fieldmaskpb.FieldMask)
	if slices.Contains(mask.GetPaths(), "*") {
		return nil
	}
	return []protovalidate.ValidationOption{protovalidate.WithFilter(protovalidate.FilterFunc(
		func(in protoreflect.Message, what protoreflect.Descriptor) bool {
			field, ok := what.(protoreflect.FieldDescriptor)
			if !ok || !updated(request, in) {
				return true
			}
			return in.Has(field) || slices.Contains(mask.GetPaths(), string(field.Name()))
		}))}
}

// updated tells whether a message is the resource that the request changes: a field of the request itself.
func updated(request, m protoreflect.Message) bool {
	if m.Descriptor() == request.Descriptor() {
		return false
	}
	fields := request.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Message() == m.Descriptor() && !f.IsList() && request.Get(f).Message() == m {
			return true
		}
	}
	return false
}
