package gateway

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"kept.dev/kit/errs"
)

// noQuery is the query of most requests. It is never written to.
var noQuery = url.Values{}

// readQuery checks every parameter against the contract. The generated code ignores those that it does not know.
func (x *exchange) readQuery() error {
	x.query = noQuery
	if x.r.URL.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return invalid("the query can't be read: it is not properly escaped, or has a semicolon")
	}
	if err := x.takeTicket(query); err != nil {
		return err
	}
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	checked := parameters{route: x.route, query: query, seen: map[string]bool{}}
	var faults []errs.Field
	for _, name := range names {
		if wrong := checked.check(name); wrong != "" {
			faults = append(faults, errs.Field{Path: strings.ToValidUTF8(name, "\uFFFD"), Description: wrong})
		}
	}
	if len(faults) > 0 {
		return invalidFields(faults)
	}
	x.query = query
	return nil
}

// parameters checks the parameters of one query.
type parameters struct {
	route *route
	query url.Values
	seen  map[string]bool // fields by their proto path: each has two names
}

// check says what is wrong with one parameter; nothing when it is right.
func (p parameters) check(name string) string {
	path, leaf := p.resolve(name)
	values := p.query[name]
	if leaf == nil {
		return "there is no such parameter"
	}
	canonical := strings.Join(path, ".")
	if p.seen[canonical] || len(values) > 1 && !leaf.IsList() {
		return "is given more than once"
	}
	p.seen[canonical] = true
	for _, value := range values {
		if !utf8.ValidString(value) {
			return "is not valid UTF-8"
		}
		if !fits(p.route.request, canonical, leaf, value) {
			return "must be " + expected(leaf)
		}
	}
	if leaf.Message() != nil && leaf.Message().FullName() == "google.protobuf.FieldMask" {
		p.readMask(name)
	}
	return ""
}

// readMask makes of a mask what the generated code takes: an empty one is as good as none.
func (p parameters) readMask(name string) {
	if mask := p.query.Get(name); mask != "" {
		p.query.Set(name, protoPaths(mask))
		return
	}
	p.query.Del(name)
}

// protoPaths writes a mask with the names of the contract's proto files, which services know; JSON's are like "displayName".
func protoPaths(mask string) string {
	var b strings.Builder
	for _, c := range mask {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// resolve follows a parameter's dotted name through the request message, outside what the path and the body give.
func (p parameters) resolve(name string) ([]string, protoreflect.FieldDescriptor) {
	if p.route.body == "*" {
		return nil, nil
	}
	var path []string
	message := p.route.request
	var leaf protoreflect.FieldDescriptor
	for part := range strings.SplitSeq(name, ".") {
		if message == nil {
			return nil, nil
		}
		if leaf = fieldOf(message, part); leaf == nil {
			return nil, nil
		}
		if len(path) == 0 && (p.route.bound[leaf.Name()] || p.route.content == leaf) {
			return nil, nil
		}
		path = append(path, string(leaf.Name()))
		message = nil
		if leaf.Cardinality() != protoreflect.Repeated {
			message = leaf.Message()
		}
	}
	if leaf.IsMap() {
		return nil, nil
	}
	return path, leaf
}

// fieldOf finds a field by either of the names that JSON gives it.
func fieldOf(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if fd := message.Fields().ByJSONName(name); fd != nil {
		return fd
	}
	return message.Fields().ByTextName(name)
}

// fits tries the value as the generated code will.
func fits(request protoreflect.MessageDescriptor, path string, leaf protoreflect.FieldDescriptor, value string) bool {
	if leaf.Kind() == protoreflect.BoolKind && value != "true" && value != "false" {
		return false
	}
	var scratch proto.Message = dynamicpb.NewMessage(request)
	return runtime.PopulateFieldFromPath(scratch, path, value) == nil
}

// expected says in words what a field takes.
func expected(fd protoreflect.FieldDescriptor) string {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return "true or false"
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return "a whole number of 32 bits"
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return "a whole number of 64 bits"
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return "a whole number of 32 bits that is not negative"
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return "a whole number of 64 bits that is not negative"
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return "a number"
	case protoreflect.StringKind:
		return "a text"
	case protoreflect.BytesKind:
		return "bytes in base64"
	case protoreflect.EnumKind:
		return "one of " + valuesOf(fd.Enum())
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return expectedMessage(fd.Message())
	default:
		return fmt.Sprint(fd.Kind())
	}
}

func expectedMessage(md protoreflect.MessageDescriptor) string {
	switch md.FullName() {
	case "google.protobuf.Timestamp":
		return "a time as in RFC 3339, such as 2026-11-21T08:30:00Z"
	case "google.protobuf.Duration":
		return "a duration in seconds, such as 90s"
	case "google.protobuf.FieldMask":
		return "field names with commas between them"
	}
	return "an object"
}

func valuesOf(enum protoreflect.EnumDescriptor) string {
	names := make([]string, enum.Values().Len())
	for i := range names {
		names[i] = string(enum.Values().Get(i).Name())
	}
	return strings.Join(names, ", ")
}
