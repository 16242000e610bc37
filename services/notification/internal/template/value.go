package template

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// values puts the fields of one fact into the words of one language.
type values struct {
	definition *definition
	told       Told
	locale     locale
}

// of is a field in words. What is not set, empty or zero has none. A field that is true or false has no words either
// way: it is there where it is true.
func (v values) of(name string) (words string, there bool) {
	f, known := v.definition.field(name)
	if !known {
		return "", false
	}
	if len(f.path) == 0 {
		return v.extra(f.name)
	}
	in := v.told.Fact.ProtoReflect()
	for _, above := range f.path[:len(f.path)-1] {
		in = in.Get(above).Message()
	}
	fd := f.last()
	if !in.Has(fd) {
		return "", false
	}
	if fd.Kind() == protoreflect.BoolKind {
		return "", true
	}
	words = v.words(fd, in.Get(fd))
	return words, words != ""
}

// extra is what the fact itself has not.
func (v values) extra(name string) (words string, there bool) {
	switch value := derived(v.told.Fact)[name].(type) {
	case bool:
		return "", value
	case int64:
		words = v.locale.number(value)
	case string:
		words = clean(value)
	default:
		words = clean(v.told.Extra[name])
	}
	return words, words != ""
}

func (v values) words(fd protoreflect.FieldDescriptor, value protoreflect.Value) string {
	switch fd.Kind() {
	case protoreflect.EnumKind:
		name := fd.Enum().Values().ByNumber(value.Enum())
		if name == nil {
			return ""
		}
		return v.locale.code(string(fd.Enum().FullName()), string(name.Name()))
	case protoreflect.StringKind:
		return v.text(fd, value.String())
	case protoreflect.MessageKind:
		return v.whole(value.Message().Interface())
	}
	return v.locale.number(value.Int())
}

func (v values) text(fd protoreflect.FieldDescriptor, text string) string {
	if strings.HasPrefix(text, "customers/") { // who they are they know
		return ""
	}
	if slices.Contains(names, fd.Name()) {
		return text[strings.LastIndexByte(text, '/')+1:]
	}
	if v.locale.knows(string(fd.FullName())) {
		return v.locale.code(string(fd.FullName()), text)
	}
	return clean(text)
}

func (v values) whole(m protoreflect.ProtoMessage) string {
	switch m := m.(type) {
	case *timestamppb.Timestamp:
		return v.locale.date(m.AsTime().In(time.UTC))
	case *money.Money:
		return v.locale.money(m)
	}
	return ""
}

// clean takes control characters out of what people wrote, but for line breaks.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text))
}
