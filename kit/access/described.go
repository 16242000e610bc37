package access

import (
	"fmt"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Described are the descriptors of all services that are registered with a server, in the order of their names,
// so that no service can be served and forgotten in the rules.
func Described(server interface {
	GetServiceInfo() map[string]grpc.ServiceInfo
}) ([]protoreflect.ServiceDescriptor, error) {
	var names []string
	for name := range server.GetServiceInfo() {
		names = append(names, name)
	}
	slices.Sort(names)
	described := make([]protoreflect.ServiceDescriptor, 0, len(names))
	for _, name := range names {
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", name, err)
		}
		service, ok := d.(protoreflect.ServiceDescriptor)
		if !ok {
			return nil, fmt.Errorf("%s is not a service", name)
		}
		described = append(described, service)
	}
	return described, nil
}
