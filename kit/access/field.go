package access

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// fieldPath is the way to a string in a request, such as order.customer, found once when the rules are read.
type fieldPath struct {
	name    string
	message protoreflect.MessageDescriptor
	parents []protoreflect.FieldDescriptor
	leaf    protoreflect.FieldDescriptor
}

func resolve(message protoreflect.MessageDescriptor, name string) (*fieldPath, error) {
	path := &fieldPath{name: name, message: message}
	parts := strings.Split(name, ".")
	at := message
	for i, part := range parts {
		fd := at.Fields().ByName(protoreflect.Name(part))
		if fd == nil {
			return nil, fmt.Errorf("compares %s, but %s has no field %q", name, at.FullName(), part)
		}
		if i == len(parts)-1 {
			path.leaf = fd
			break
		}
		if fd.Message() == nil || fd.IsList() || fd.IsMap() {
			return nil, fmt.Errorf("compares %s, but %q is not a single message", name, part)
		}
		path.parents = append(path.parents, fd)
		at = fd.Message()
	}
	if path.leaf.Kind() != protoreflect.StringKind || path.leaf.IsList() {
		return nil, fmt.Errorf("compares %s, which is not a single string", name)
	}
	return path, nil
}

// value is what the request holds there; ok is false for a message of another type.
func (p *fieldPath) value(m protoreflect.Message) (value string, ok bool) {
	if m.Descriptor() != p.message {
		return "", false
	}
	for _, fd := range p.parents {
		m = m.Get(fd).Message() // an unset message reads as an empty one
	}
	return m.Get(p.leaf).String(), true
}
