package gateway

import (
	"encoding/json"
	"slices"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// maskField is the request's field that says what an update changes.
const maskField = "update_mask"

// maskFromBody has an update without a mask change what its body names: a message can't tell a field that is set to false, 0, "" or
// null from one that is not there, and to leave such a field as it was would be to ignore what the client has said.
func (x *exchange) maskFromBody(request protoreflect.Message) error {
	mask := request.Descriptor().Fields().ByName(maskField)
	if x.route.method != "PATCH" || x.route.content == nil || mask == nil || request.Has(mask) {
		return nil
	}
	var named map[string]json.RawMessage
	if err := json.Unmarshal(x.input, &named); err != nil {
		return invalid("the body is not a JSON object")
	}
	resource := x.route.content.Message()
	var fields []protoreflect.FieldDescriptor
	for name := range named {
		if fd := fieldOf(resource, name); fd != nil && writable(fd) {
			fields = append(fields, fd)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	slices.SortFunc(fields, func(a, b protoreflect.FieldDescriptor) int { return a.Index() - b.Index() })
	paths := make([]string, len(fields))
	for i, fd := range fields {
		paths[i] = string(fd.Name())
	}
	request.Set(mask, protoreflect.ValueOfMessage((&fieldmaskpb.FieldMask{Paths: paths}).ProtoReflect()))
	x.maskMade = true
	return nil
}

// writable tells whether a client may set the field. Those that the server sets are in a resource that a client has read and sends
// back, and are ignored (AIP-203); its etag is a condition.
func writable(fd protoreflect.FieldDescriptor) bool {
	behavior, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return fd.Name() != "name" && fd.Name() != "etag" &&
		!slices.Contains(behavior, annotations.FieldBehavior_OUTPUT_ONLY) && !slices.Contains(behavior, annotations.FieldBehavior_IDENTIFIER)
}
