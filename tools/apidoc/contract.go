package main

import (
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// contract is all that the .proto files declare.
type contract struct {
	files    *protoregistry.Files
	rule     protoreflect.ExtensionType // kept.access.v1.rule
	names    map[protoreflect.FullName]string
	methods  map[string]protoreflect.MethodDescriptor // by the generator's operation id: OrderService_CreateOrder
	segments map[string]string                        // orders -> order, as the patterns of resource names say
	fields   map[string]bool                          // the names of all fields, as the contract spells them
}

// readContract takes the files as they come from protoc, and reads their options once more with what they declare themselves.
func readContract(set *descriptorpb.FileDescriptorSet) (*contract, error) {
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, err
	}
	types := both{dynamicpb.NewTypes(files)}
	raw, err := proto.Marshal(set)
	if err != nil {
		return nil, err
	}
	var again descriptorpb.FileDescriptorSet
	if err := (proto.UnmarshalOptions{Resolver: types}).Unmarshal(raw, &again); err != nil {
		return nil, err
	}
	c := &contract{methods: map[string]protoreflect.MethodDescriptor{}, segments: map[string]string{}, fields: map[string]bool{}}
	if c.files, err = protodesc.NewFiles(&again); err != nil {
		return nil, err
	}
	if c.rule, err = types.FindExtensionByName("kept.access.v1.rule"); err != nil {
		return nil, err
	}
	var described []protoreflect.Descriptor
	c.files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		described = append(described, c.collect(f.Messages(), f.Enums())...)
		for i := range f.Services().Len() {
			service := f.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				c.methods[string(service.Name())+"_"+string(method.Name())] = method
			}
		}
		return true
	})
	c.names = shortNames(described)
	return c, nil
}

// collect notes messages and enums, with those inside them.
func (c *contract) collect(messages protoreflect.MessageDescriptors, enums protoreflect.EnumDescriptors) []protoreflect.Descriptor {
	var all []protoreflect.Descriptor
	for i := range enums.Len() {
		all = append(all, enums.Get(i))
	}
	for i := range messages.Len() {
		m := messages.Get(i)
		all = append(all, m)
		all = append(all, c.collect(m.Messages(), m.Enums())...)
		for j := range m.Fields().Len() {
			c.fields[string(m.Fields().Get(j).Name())] = true
		}
		resource, _ := proto.GetExtension(m.Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
		for _, pattern := range resource.GetPattern() {
			segments := strings.Split(pattern, "/")
			for k := 1; k < len(segments); k++ {
				if strings.HasPrefix(segments[k], "{") {
					c.segments[segments[k-1]] = strings.Trim(segments[k], "{}")
				}
			}
		}
	}
	return all
}

// both finds extensions in the packages that this program has, and then in the contract.
type both struct{ *dynamicpb.Types }

func (b both) FindExtensionByNumber(of protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	if known, err := protoregistry.GlobalTypes.FindExtensionByNumber(of, number); err == nil {
		return known, nil
	}
	return b.Types.FindExtensionByNumber(of, number)
}

// comment is what stands before a declaration, without what is meant for linters.
func comment(d protoreflect.Descriptor) string {
	lines := d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments
	return strings.TrimSpace(forLinters.ReplaceAllString(lines, ""))
}
