package resource

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit/errs"
)

// MaskPaths are the fields to change: those of the mask; all allowed ones for "*"; those of the allowed that the message has where
// there is no mask.
//
// Errors: INVALID_ARGUMENT (update_mask) for a field that can't be changed.
func MaskPaths(mask *fieldmaskpb.FieldMask, m proto.Message, allowed ...string) ([]string, error) {
	if len(mask.GetPaths()) == 0 {
		return slices.DeleteFunc(slices.Clone(allowed), func(name string) bool { return !has(m.ProtoReflect(), name) }), nil
	}
	if slices.Equal(mask.GetPaths(), []string{"*"}) {
		return allowed, nil
	}
	paths := slices.DeleteFunc(slices.Clone(mask.GetPaths()), identifies)
	for _, path := range paths {
		if !slices.Contains(allowed, path) {
			return nil, errs.Invalid("update_mask", "%q can't be changed; what can is %s", path, strings.Join(allowed, ", "))
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(paths))), nil
}

// identifies tells fields that say what is changed and not how. A mask that was made of a whole resource names them.
func identifies(path string) bool { return path == "name" || path == "etag" }

func has(m protoreflect.Message, name string) bool {
	return m.Has(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
}

// ApplyMask sets the fields of the paths to what they are in the source, or clears them where it has none.
func ApplyMask(to, from proto.Message, paths []string) {
	target, source := to.ProtoReflect(), from.ProtoReflect()
	for _, path := range paths {
		field := target.Descriptor().Fields().ByName(protoreflect.Name(path))
		if source.Has(field) {
			target.Set(field, source.Get(field))
		} else {
			target.Clear(field)
		}
	}
}
