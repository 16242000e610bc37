package main

import (
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// accessRule is the number of kept.access.v1.rule.
const accessRule = 50001

var (
	prepositions = strings.Fields("after at before between by for from in including into of over since to toward under upon with within without")
	reserved     = strings.Fields(`abstract assert async await boolean break byte case catch char class const continue
		debugger def default del delete do double elif else enum except export extends false final finally float for function
		global goto if implements import instanceof int interface is lambda let long native new nonlocal not null or package
		pass private protected public raise return short static strictfp super switch synchronized this throw throws
		transient true try typeof var void volatile while with yield`)
)

func (l *linter) field(f protoreflect.FieldDescriptor) {
	name := string(f.Name())
	if strings.TrimSpace(comment(f)) == "" {
		l.complain(f, "core::0192::has-comments", "a field needs a comment")
	}
	l.behavior(f)
	if slices.Contains(reserved, name) {
		l.complain(f, "core::0140::reserved-words", "is a reserved word in a common language")
	}
	for word := range strings.SplitSeq(name, "_") {
		// AIP-132 itself names order_by.
		if name != "order_by" && slices.Contains(prepositions, word) {
			l.complain(f, "core::0140::prepositions", "has the preposition %q in its name", word)
		}
	}
	if f.Message() == nil || f.IsMap() {
		return
	}
	switch singular := strings.TrimSuffix(name, "s"); f.Message().FullName() {
	case "google.protobuf.Timestamp":
		if singular != "time" && !strings.HasSuffix(singular, "_time") {
			l.complain(f, "core::0142::time-field-names", "a time's name ends in _time")
		}
	case "google.protobuf.Duration":
		if singular != "duration" && !strings.HasSuffix(singular, "_duration") {
			l.complain(f, "kept::duration-names", "a duration's name ends in _duration")
		}
	}
}

// behavior is wanted of what callers fill in (AIP-203).
func (l *linter) behavior(f protoreflect.FieldDescriptor) {
	behaviors, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	if f.Name() == "request_id" && l.requested[f.ContainingMessage().FullName()] &&
		!slices.Contains(behaviors, annotations.FieldBehavior_OPTIONAL) {
		l.complain(f, "kept::request-id-optional", "a request_id is OPTIONAL")
		return
	}
	if l.requested[f.ContainingMessage().FullName()] && f.ContainingOneof() == nil && len(behaviors) == 0 {
		l.complain(f, "core::0203::field-behavior-required", "a field of a request needs google.api.field_behavior")
	}
}

func (l *linter) enums(all protoreflect.EnumDescriptors) {
	for i := range all.Len() {
		zero := all.Get(i).Values().ByNumber(0)
		if zero != nil && !strings.HasSuffix(string(zero.Name()), "_UNSPECIFIED") {
			l.complain(zero, "core::0126::unspecified", "the value 0 ends in _UNSPECIFIED")
		}
	}
}

func (l *linter) service(s protoreflect.ServiceDescriptor) {
	for i := range s.Methods().Len() {
		m := s.Methods().Get(i)
		if !hasRule(m) {
			l.complain(m, "kept::access-rule", "an RPC needs kept.access.v1.rule")
		}
		l.standard(m)
		if r := listed(m); r != nil && s.Methods().ByName("Get"+r.Name()) == nil {
			l.complain(s, "core::0121::resource-must-support-get", "lists %s and has no Get%[1]s", r.Name())
		}
	}
}

// hasRule reads the bytes of the options: the extension's Go type is not part of this module.
func hasRule(m protoreflect.MethodDescriptor) bool {
	raw, err := proto.Marshal(m.Options())
	for err == nil && len(raw) > 0 {
		number, _, length := protowire.ConsumeField(raw)
		if number == accessRule {
			return true
		}
		if length < 0 {
			return false
		}
		raw = raw[length:]
	}
	return false
}

// methods are the standard ones with the numbers of their AIPs.
var methods = []struct{ verb, aip string }{
	{"Get", "0131"}, {"List", "0132"}, {"Create", "0133"}, {"Update", "0134"}, {"Delete", "0135"},
}

// standard wants GetOrder to be GetOrderRequest to Order, and ListOrders to be ListOrdersRequest to ListOrdersResponse.
func (l *linter) standard(m protoreflect.MethodDescriptor) {
	name := string(m.Name())
	for _, method := range methods {
		rest, found := strings.CutPrefix(name, method.verb)
		if !found || rest == "" {
			continue
		}
		if string(m.Input().Name()) != name+"Request" {
			l.complain(m, "core::"+method.aip+"::request-message-name", "takes %s, not %sRequest", m.Input().Name(), name)
		}
		want := []string{rest}
		switch method.verb {
		case "List":
			want = []string{name + "Response"}
		case "Delete":
			want = []string{"Empty", rest}
		}
		if !slices.Contains(want, string(m.Output().Name())) {
			l.complain(m, "core::"+method.aip+"::response-message-name", "answers with %s, not %s", m.Output().Name(), want[0])
		}
	}
}

// listed is the resource in a List method's response, if it lists one.
func listed(m protoreflect.MethodDescriptor) protoreflect.MessageDescriptor {
	if !strings.HasPrefix(string(m.Name()), "List") {
		return nil
	}
	for i := range m.Output().Fields().Len() {
		f := m.Output().Fields().Get(i)
		if f.IsList() && f.Message() != nil && proto.HasExtension(f.Message().Options(), annotations.E_Resource) {
			return f.Message()
		}
	}
	return nil
}
