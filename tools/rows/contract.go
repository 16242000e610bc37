package main

import (
	"fmt"
	"os"
	"strings"
	"unicode"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// contract is all that the .proto files declare.
type contract struct {
	files *protoregistry.Files
	// named are the resources by the patterns of their names, such as programs/{program}.
	named map[string]protoreflect.MessageDescriptor
}

func readContract(path string) (*contract, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(raw, &set); err != nil {
		return nil, err
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, err
	}
	c := &contract{files: files, named: map[string]protoreflect.MessageDescriptor{}}
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Messages().Len() {
			if r := resourceOf(f.Messages().Get(i)); len(r.GetPattern()) > 0 {
				c.named[r.GetPattern()[0]] = f.Messages().Get(i)
			}
		}
		return true
	})
	return c, nil
}

func resourceOf(m protoreflect.MessageDescriptor) *annotations.ResourceDescriptor {
	r, _ := proto.GetExtension(m.Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
	return r
}

func (c *contract) message(name string) (protoreflect.MessageDescriptor, *annotations.ResourceDescriptor, error) {
	d, err := c.files.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, nil, err
	}
	m, ok := d.(protoreflect.MessageDescriptor)
	if !ok {
		return nil, nil, fmt.Errorf("is no message")
	}
	r := resourceOf(m)
	if len(r.GetPattern()) == 0 {
		return nil, nil, fmt.Errorf("has no pattern in google.api.resource")
	}
	return m, r, nil
}

// list is a List method's response and its field with the resources.
type list struct{ Response, Field string }

// listOf finds the List method of the resource in the services of its package.
func (c *contract) listOf(m protoreflect.MessageDescriptor, imports map[string]string) *list {
	var found *list
	c.files.RangeFilesByPackage(m.ParentFile().Package(), func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				if !strings.HasPrefix(string(methods.Get(j).Name()), "List") {
					continue
				}
				fields := methods.Get(j).Output().Fields()
				for k := range fields.Len() {
					if f := fields.Get(k); f.IsList() && f.Message() != nil && f.Message().FullName() == m.FullName() {
						found = &list{goName(methods.Get(j).Output(), imports), camel(string(f.Name()))}
					}
				}
			}
		}
		return found == nil
	})
	return found
}

// goName is the Go name of a message or enum with its package, which it notes as an import.
func goName(d protoreflect.Descriptor, imports map[string]string) string {
	path, alias, _ := strings.Cut(d.ParentFile().Options().(*descriptorpb.FileOptions).GetGoPackage(), ";")
	imports[path] = alias
	name := string(d.Name())
	for p := d.Parent(); ; p = p.Parent() {
		m, nested := p.(protoreflect.MessageDescriptor)
		if !nested {
			return alias + "." + name
		}
		name = string(m.Name()) + "_" + name
	}
}

// camel is a field's Go name.
func camel(snake string) string {
	var out strings.Builder
	for word := range strings.SplitSeq(snake, "_") {
		if word != "" {
			out.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return out.String()
}

// lower is a local name.
func lower(snake string) string {
	name := camel(snake)
	name = strings.ToLower(name[:1]) + name[1:]
	if rest, ok := strings.CutSuffix(name, "Id"); ok {
		name = rest + "ID"
	}
	switch name {
	case "type", "range", "default", "case", "m", "r", "err", "name", "page", "resource", "clock", "money", "func", "map":
		return name + "Column"
	}
	return name
}

// snake is a message's name as a field of its type is called.
func snake(name string) string {
	var out strings.Builder
	for i, letter := range name {
		if unicode.IsUpper(letter) && i > 0 {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(letter))
	}
	return out.String()
}
