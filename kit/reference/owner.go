package reference

import (
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	// Names of all services may be referred to from any of them, so all contracts have to be there to be looked at.
	_ "kept.dev/proto/gen/kept/customer/v1"
	_ "kept.dev/proto/gen/kept/loyalty/v1"
	_ "kept.dev/proto/gen/kept/notification/v1"
	_ "kept.dev/proto/gen/kept/order/v1"
	_ "kept.dev/proto/gen/kept/support/v1"
)

// getter is the Get method of a resource.
type getter struct {
	service, method   string
	request, response protoreflect.MessageType
}

// contract is what the contracts say of resources: the patterns of all, and the Get methods of those that have one, by pattern.
type contract struct {
	patterns map[string]bool
	getters  map[string]getter
}

var read = sync.OnceValue(func() contract {
	c := contract{patterns: map[string]bool{}, getters: map[string]getter{}}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if parts := strings.Split(string(file.Package()), "."); len(parts) == 3 && parts[0] == "kept" {
			c.add(file, parts[1])
		}
		return true
	})
	return c
})

func (c contract) add(file protoreflect.FileDescriptor, service string) {
	for i := range file.Messages().Len() {
		for _, pattern := range patternsOf(file.Messages().Get(i)) {
			c.patterns[pattern] = true
		}
	}
	for i := range file.Services().Len() {
		methods := file.Services().Get(i).Methods()
		for j := range methods.Len() {
			m := methods.Get(j)
			name := m.Input().Fields().ByName("name")
			if m.Name() != "Get"+m.Output().Name() || name == nil || name.Kind() != protoreflect.StringKind {
				continue
			}
			request, err := protoregistry.GlobalTypes.FindMessageByName(m.Input().FullName())
			response, fault := protoregistry.GlobalTypes.FindMessageByName(m.Output().FullName())
			if err != nil || fault != nil { // not in a contract of ours
				continue
			}
			for _, pattern := range patternsOf(m.Output()) {
				method := "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
				c.getters[pattern] = getter{service: service, method: method, request: request, response: response}
			}
		}
	}
}

// patternsOf are the patterns of a resource's names, with * for each part that varies.
func patternsOf(m protoreflect.MessageDescriptor) (patterns []string) {
	resource, _ := proto.GetExtension(m.Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
	for _, pattern := range resource.GetPattern() {
		parts := strings.Split(pattern, "/")
		for i, part := range parts {
			if strings.HasPrefix(part, "{") {
				parts[i] = "*"
			}
		}
		patterns = append(patterns, strings.Join(parts, "/"))
	}
	return patterns
}

// ownerOf finds how to get a name, or its nearest parent that can be got. It is not known where there are no resources of such names.
func ownerOf(name string) (get getter, asked string, known bool) {
	parts := strings.Split(name, "/")
	if len(parts)%2 != 0 || !read().patterns[patternOf(parts)] {
		return getter{}, "", false
	}
	for ; len(parts) > 0; parts = parts[:len(parts)-2] {
		if get, known = read().getters[patternOf(parts)]; known {
			return get, strings.Join(parts, "/"), true
		}
	}
	return getter{}, "", false
}

// patternOf is the pattern that a name with these parts has, if there is one: collections and ids take turns.
func patternOf(parts []string) string {
	pattern := make([]string, len(parts))
	for i, part := range parts {
		if pattern[i] = part; i%2 == 1 {
			pattern[i] = "*"
		}
	}
	return strings.Join(pattern, "/")
}
