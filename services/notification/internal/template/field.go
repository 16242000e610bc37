package template

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// field is what a text may use of a fact: by its name in the contract, as it stands there or in lowerCamelCase, such as
// order_snapshot.state or orderSnapshot.state.
type field struct {
	name, camel string
	path        []protoreflect.FieldDescriptor // empty for what is not in the fact itself
}

// last is the field's own descriptor.
func (f field) last() protoreflect.FieldDescriptor { return f.path[len(f.path)-1] }

// fieldsOf are the fields of a message that can be put into words, and those of the messages in it.
func fieldsOf(md protoreflect.MessageDescriptor, above ...protoreflect.FieldDescriptor) []field {
	var all []field
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		path := append(slices.Clone(above), fd)
		switch {
		case fd.IsList() || fd.IsMap():
		case isLeaf(fd):
			all = append(all, newField(path))
		case fd.Kind() == protoreflect.MessageKind && len(above) == 0:
			all = append(all, fieldsOf(fd.Message(), path...)...)
		}
	}
	return all
}

func newField(path []protoreflect.FieldDescriptor) field {
	var names, camels []string
	for _, fd := range path {
		names, camels = append(names, string(fd.Name())), append(camels, fd.JSONName())
	}
	return field{name: strings.Join(names, "."), camel: strings.Join(camels, "."), path: path}
}

func isLeaf(fd protoreflect.FieldDescriptor) bool {
	switch fd.Kind() {
	case protoreflect.StringKind, protoreflect.BoolKind, protoreflect.EnumKind, protoreflect.Int32Kind, protoreflect.Int64Kind:
		return true
	case protoreflect.MessageKind:
		return fd.Message().FullName() == timestamp || fd.Message().FullName() == moneyAmount
	}
	return false
}

// The messages that are put into words as a whole.
const (
	timestamp   = "google.protobuf.Timestamp"
	moneyAmount = "google.type.Money"
)

// names are fields that hold the name of a resource. What a customer reads is its id alone.
var names = []protoreflect.Name{
	"order", "refund", "shortage", "product", "substitute", "customer", "case", "entry", "about", "promise",
	"agent", "owner",
}
