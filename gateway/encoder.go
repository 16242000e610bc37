package gateway

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// encoder writes messages as protojson does with EmitDefaultValues, to the byte but for its random blanks (a test
// holds it to that), and several times as fast, because it looks at a message's descriptor once and not at every
// message again: encoding is the largest part of what a read costs here. What the contract hardly uses (maps, floats,
// bytes, most well-known types) it leaves to protojson.
type encoder struct {
	plans sync.Map // protoreflect.MessageDescriptor -> *plan
}

// plan is how the messages of one type are written.
type plan struct {
	foreign bool // left to protojson
	instant bool // a google.protobuf.Timestamp
	fields  []plannedField
	etag    protoreflect.FieldDescriptor // nil where it has none
}

// plannedField is a field and the text before its value.
type plannedField struct {
	protoreflect.FieldDescriptor
	key     string // `"name":`
	present bool   // written only when it is there
	kind    protoreflect.Kind
	list    bool
}

// protoJSON writes what an encoder leaves out.
func protoJSON(to []byte, m protoreflect.Message) ([]byte, error) {
	return protojson.MarshalOptions{EmitDefaultValues: true}.MarshalAppend(to, m.Interface())
}

func (e *encoder) planOf(md protoreflect.MessageDescriptor) *plan {
	if made, ok := e.plans.Load(md); ok {
		p, _ := made.(*plan)
		return p
	}
	p := newPlan(md)
	e.plans.Store(md, p)
	return p
}

func newPlan(md protoreflect.MessageDescriptor) *plan {
	if md.FullName() == "google.protobuf.Timestamp" {
		return &plan{instant: true}
	}
	if strings.HasPrefix(string(md.FullName()), "google.protobuf.") || md.ExtensionRanges().Len() > 0 {
		return &plan{foreign: true}
	}
	p := &plan{etag: etagOf(md)}
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		if !plain(fd) {
			return &plan{foreign: true}
		}
		p.fields = append(p.fields, plannedField{FieldDescriptor: fd, key: strconv.Quote(fd.JSONName()) + ":",
			present: fd.HasPresence(), kind: fd.Kind(), list: fd.IsList()})
	}
	return p
}

func etagOf(md protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	if fd := md.Fields().ByName("etag"); fd != nil && fd.Kind() == protoreflect.StringKind && !fd.IsList() {
		return fd
	}
	return nil
}

// plain tells whether the encoder writes the field itself.
func plain(fd protoreflect.FieldDescriptor) bool {
	switch fd.Kind() {
	case protoreflect.FloatKind, protoreflect.DoubleKind, protoreflect.BytesKind, protoreflect.GroupKind:
		return false
	case protoreflect.EnumKind:
		return fd.Enum().FullName() != "google.protobuf.NullValue"
	}
	return !fd.IsMap()
}

// append writes one message.
func (e *encoder) append(to []byte, m protoreflect.Message) ([]byte, error) {
	p := e.planOf(m.Descriptor())
	switch {
	case p.foreign:
		return protoJSON(to, m)
	case p.instant:
		return appendInstant(to, m)
	}
	to = append(to, '{')
	var err error
	first := true
	for i := range p.fields {
		f := &p.fields[i]
		if f.present && !m.Has(f.FieldDescriptor) {
			continue
		}
		if !first {
			to = append(to, ',')
		}
		first = false
		to = append(to, f.key...)
		value := m.Get(f.FieldDescriptor)
		if f.list {
			to, err = e.appendList(to, f, value.List())
		} else {
			to, err = e.appendValue(to, f, value)
		}
		if err != nil {
			return to, err
		}
	}
	return append(to, '}'), nil
}

func (e *encoder) appendList(to []byte, f *plannedField, list protoreflect.List) ([]byte, error) {
	to = append(to, '[')
	var err error
	for i := range list.Len() {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = e.appendValue(to, f, list.Get(i)); err != nil {
			return to, err
		}
	}
	return append(to, ']'), nil
}

func (e *encoder) appendValue(to []byte, f *plannedField, v protoreflect.Value) ([]byte, error) {
	switch f.kind {
	case protoreflect.StringKind:
		return appendText(to, v.String())
	case protoreflect.BoolKind:
		return strconv.AppendBool(to, v.Bool()), nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return strconv.AppendInt(to, v.Int(), 10), nil
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return strconv.AppendUint(to, v.Uint(), 10), nil
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return append(strconv.AppendInt(append(to, '"'), v.Int(), 10), '"'), nil
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return append(strconv.AppendUint(append(to, '"'), v.Uint(), 10), '"'), nil
	case protoreflect.EnumKind:
		if known := f.Enum().Values().ByNumber(v.Enum()); known != nil {
			return append(append(append(to, '"'), known.Name()...), '"'), nil
		}
		return strconv.AppendInt(to, int64(v.Enum()), 10), nil
	default:
		return e.append(to, v.Message())
	}
}

// appendInstant writes a time with as many groups of three decimals as it needs.
func appendInstant(to []byte, m protoreflect.Message) ([]byte, error) {
	ts, ok := m.Interface().(*timestamppb.Timestamp)
	if !ok || !ts.IsValid() {
		return protoJSON(to, m) // which says what is wrong with it
	}
	layout := `"2006-01-02T15:04:05.000000000Z"`
	switch nanos := ts.GetNanos(); {
	case nanos == 0:
		layout = `"2006-01-02T15:04:05Z"`
	case nanos%1_000_000 == 0:
		layout = `"2006-01-02T15:04:05.000Z"`
	case nanos%1_000 == 0:
		layout = `"2006-01-02T15:04:05.000000Z"`
	}
	return time.Unix(ts.GetSeconds(), int64(ts.GetNanos())).UTC().AppendFormat(to, layout), nil
}

// appendText writes a text; what JSON must not have raw is escaped.
func appendText(to []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return to, errors.New("a text of the answer is not valid UTF-8")
	}
	const hex = "0123456789abcdef"
	to = append(to, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		to = append(to, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			to = append(to, '\\', c)
		case '\b':
			to = append(to, '\\', 'b')
		case '\f':
			to = append(to, '\\', 'f')
		case '\n':
			to = append(to, '\\', 'n')
		case '\r':
			to = append(to, '\\', 'r')
		case '\t':
			to = append(to, '\\', 't')
		default:
			to = append(to, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
	}
	return append(append(to, s[from:]...), '"'), nil
}
