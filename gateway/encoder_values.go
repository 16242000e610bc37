package gateway

import (
	"errors"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

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

// appendMap writes a map in the order of its keys.
func (e *encoder) appendMap(to []byte, values *plannedField, m protoreflect.Map) ([]byte, error) {
	keys := make([]string, 0, m.Len())
	m.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, key.String())
		return true
	})
	slices.Sort(keys)
	to = append(to, '{')
	var err error
	for i, key := range keys {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = appendText(to, key); err != nil {
			return to, err
		}
		if to, err = e.appendValue(append(to, ':'), values, m.Get(protoreflect.ValueOfString(key).MapKey())); err != nil {
			return to, err
		}
	}
	return append(to, '}'), nil
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
