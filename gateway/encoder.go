package gateway

import (
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// encoder writes messages as protojson does with EmitDefaultValues, to the byte but for its random blanks (a test
// holds it to that), and several times as fast, because it looks at a message's descriptor once and not at every
// message again: encoding is the largest part of what a read costs here. What the contract hardly uses (maps by other
// keys than texts, floats, bytes, most well-known types) it leaves to protojson.
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
	values  *plannedField // of a map, whose keys are texts
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
		p.fields = append(p.fields, planField(fd))
	}
	return p
}

func planField(fd protoreflect.FieldDescriptor) plannedField {
	f := plannedField{FieldDescriptor: fd, key: strconv.Quote(fd.JSONName()) + ":", present: fd.HasPresence(), kind: fd.Kind(), list: fd.IsList()}
	if fd.IsMap() {
		f.values = &plannedField{FieldDescriptor: fd.MapValue(), kind: fd.MapValue().Kind()}
	}
	return f
}

func etagOf(md protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	if fd := md.Fields().ByName("etag"); fd != nil && fd.Kind() == protoreflect.StringKind && !fd.IsList() {
		return fd
	}
	return nil
}

// plain tells whether the encoder writes the field itself.
func plain(fd protoreflect.FieldDescriptor) bool {
	if fd.IsMap() {
		return fd.MapKey().Kind() == protoreflect.StringKind && plain(fd.MapValue())
	}
	switch fd.Kind() {
	case protoreflect.FloatKind, protoreflect.DoubleKind, protoreflect.BytesKind, protoreflect.GroupKind:
		return false
	case protoreflect.EnumKind:
		return fd.Enum().FullName() != "google.protobuf.NullValue"
	}
	return true
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
		switch {
		case f.list:
			to, err = e.appendList(to, f, value.List())
		case f.values != nil:
			to, err = e.appendMap(to, f.values, value.Map())
		default:
			to, err = e.appendValue(to, f, value)
		}
		if err != nil {
			return to, err
		}
	}
	return append(to, '}'), nil
}
