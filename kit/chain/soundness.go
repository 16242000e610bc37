package chain

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	"kept.dev/kit/text"
)

// soundness finds what no field of any request may hold, so that the contract need not say so at each: a text that is not
// UTF-8 (a wire refuses it, a call within the process does not) or has a NUL in it (PostgreSQL refuses it, SQLite does
// not); a time or a duration that is none; a blank where the contract wants a text (min_len). It looks at every field, at those that only the server writes too.
//
// Fields that this version of the contract does not know are dropped: gRPC's callers may be newer, but nothing may be
// kept or answered that no rule has looked at.
type soundness struct {
	path   []place
	faults []errs.Field
}

// place is a field on the way to a value, and which of its elements.
type place struct {
	field protoreflect.FieldDescriptor
	index int
	key   protoreflect.MapKey
}

func (s *soundness) message(m protoreflect.Message) {
	if len(m.GetUnknown()) > 0 {
		m.SetUnknown(nil)
	}
	switch known := m.Interface().(type) {
	case *timestamppb.Timestamp:
		if !known.IsValid() {
			s.add("must be a time in the years 1 to 9999, with nanos from 0 to 999999999")
		}
	case *durationpb.Duration:
		if !known.IsValid() {
			s.add("must be at most 315576000000 seconds either way, with nanos below a second and of the same sign")
		}
	default:
		m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			s.field(fd, v)
			return true
		})
	}
}

// field looks at one field that is set.
func (s *soundness) field(fd protoreflect.FieldDescriptor, v protoreflect.Value) {
	switch {
	case fd.IsMap():
		v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			s.value(place{field: fd, key: key}, fd.MapKey(), key.Value())
			s.value(place{field: fd, key: key}, fd.MapValue(), value)
			return true
		})
	case fd.IsList():
		for i, list := 0, v.List(); i < list.Len(); i++ {
			s.value(place{field: fd, index: i}, fd, list.Get(i))
		}
	default:
		s.value(place{field: fd}, fd, v)
	}
}

// value looks at one value of the kind that fd says.
func (s *soundness) value(at place, fd protoreflect.FieldDescriptor, v protoreflect.Value) {
	s.path = append(s.path, at)
	switch {
	case fd.Message() != nil:
		s.message(v.Message())
	case fd.Kind() == protoreflect.StringKind && !utf8.ValidString(v.String()):
		s.add("must be valid UTF-8")
	case fd.Kind() == protoreflect.StringKind && strings.IndexByte(v.String(), 0) >= 0:
		s.add("must not contain the character NUL")
	case fd.Kind() == protoreflect.StringKind && v.String() != "" && !text.Visible(v.String()) && wantsText(fd):
		s.add("must have a character that can be seen, not only spaces and their like")
	}
	s.path = s.path[:len(s.path)-1]
}

// wantsText tells whether a field is for something to read: it must not be empty, and no pattern or format says what it must be.
// It is asked only about what is blank.
func wantsText(fd protoreflect.FieldDescriptor) bool {
	rules, _ := proto.GetExtension(fd.Options(), validate.E_Field).(*validate.FieldRules)
	of := rules.GetString()
	if fd.IsList() {
		of = rules.GetRepeated().GetItems().GetString()
	}
	return of.GetMinLen() > 0 && of.Pattern == nil && of.GetWellKnown() == nil
}

// mostFaults is how many faults of one request are told.
const mostFaults = 20

func (s *soundness) add(description string) {
	if len(s.faults) < mostFaults {
		s.faults = append(s.faults, errs.Field{Path: s.where(), Description: description})
	}
}

// where is the path to the value that is looked at: "order.lines[2].product".
func (s *soundness) where() string {
	var out strings.Builder
	for i, at := range s.path {
		if i > 0 {
			out.WriteByte('.')
		}
		out.WriteString(string(at.field.Name()))
		switch {
		case at.field.IsList():
			fmt.Fprintf(&out, "[%d]", at.index)
		case at.field.IsMap():
			fmt.Fprintf(&out, "[%q]", strings.ToValidUTF8(at.key.String(), "\uFFFD"))
		}
	}
	return out.String()
}
