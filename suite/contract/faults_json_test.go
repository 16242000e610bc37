package contract_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// values sends JSON that the fields do not take: other types, numbers that are too large, enum values and times that
// there are not, fields that nobody knows.
func (b *badInput) values(t *testing.T) {
	for _, s := range spots(b.request.ProtoReflect().Descriptor()) {
		top, fd := s.path[0].Name(), s.field()
		asText := fd.IsList() || fd.Kind() == protoreflect.StringKind || fd.Kind() == protoreflect.MessageKind
		if b.rpc.inPath(s.String()) || !b.rpc.inBody(top) && asText {
			continue // a text in the path or the query has no type; what else is wrong with it is tried as a message
		}
		for _, value := range wrongValues(s) {
			a := b.send(t, b.rpc, b.token, "", b.rpc.split(t, b.with(t, s, value)))
			b.refused("REST", s.json()+" = "+string(value), s.json(), a)
		}
	}
}

// with is the request in JSON with the value at the place.
func (b *badInput) with(t *testing.T, s spot, value json.RawMessage) map[string]any {
	fields := asFields(t, b.request)
	at := fields
	for _, fd := range s.path[:len(s.path)-1] {
		next, _ := at[fd.JSONName()].(map[string]any)
		list, _ := at[fd.JSONName()].([]any)
		if len(list) > 0 {
			next, _ = list[0].(map[string]any)
		}
		if next == nil {
			next = map[string]any{}
		}
		if at[fd.JSONName()] = next; fd.IsList() {
			at[fd.JSONName()] = []any{next}
		}
		at = next
	}
	at[s.field().JSONName()] = value
	return fields
}

// wrongValues are what the field does not take, in JSON.
func wrongValues(s spot) []json.RawMessage {
	var all []json.RawMessage
	for _, text := range wrongSingly(s.field()) {
		if s.field().IsList() {
			text = "[" + text + "]"
		}
		all = append(all, json.RawMessage(text))
	}
	if s.field().IsList() {
		for _, text := range []string{`"x"`, `42`, `true`, `{}`, `[null]`, `[[]]`} {
			all = append(all, json.RawMessage(text))
		}
	}
	if s.required() {
		all = append(all, json.RawMessage(`null`))
	}
	return all
}

// wrongSingly are values that the field, or an element of it, does not take.
func wrongSingly(fd protoreflect.FieldDescriptor) []string {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return []string{`42`, `true`, `{}`, `[]`}
	case protoreflect.BytesKind:
		return []string{`42`, `true`, `{}`, `[]`, `"$"`}
	case protoreflect.BoolKind:
		return []string{`42`, `"yes"`, `{}`, `[]`, `1`}
	case protoreflect.EnumKind:
		return []string{`"NO_SUCH_VALUE"`, `""`, `true`, `{}`, `[]`, `1.5`, `2147483648`}
	case protoreflect.MessageKind:
		return wrongMessages(fd.Message())
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		return []string{`"abc"`, `""`, `true`, `{}`, `[]`, `1e400`}
	default:
		return []string{
			`"abc"`, `""`, `true`, `{}`, `[]`, `1.5`, `1e400`, `"0x10"`, `" 1"`, `9223372036854775808`, `"-9223372036854775809"`,
			`18446744073709551616`,
		}
	}
}

func wrongMessages(md protoreflect.MessageDescriptor) []string {
	switch md.FullName() {
	case "google.protobuf.Timestamp":
		return []string{
			`42`, `{}`, `[]`, `true`, `""`, `"yesterday"`, `"2026-11-21"`, `"2026-13-01T00:00:00Z"`, `"2026-02-30T00:00:00Z"`,
			`"10000-01-01T00:00:00Z"`, `"0000-12-31T23:59:59Z"`, `"2026-11-21T08:30:00"`,
		}
	case "google.protobuf.Duration":
		return []string{`42`, `{}`, `[]`, `true`, `""`, `"1"`, `"1h"`, `"1.0000000001s"`, `"315576000001s"`, `"-315576000001s"`}
	default:
		return []string{`"x"`, `42`, `true`, `[]`, `{"nonsense":1}`, `{"":1}`}
	}
}

func asFields(t testing.TB, request protoreflect.ProtoMessage) map[string]any {
	text, err := protojson.Marshal(request)
	require.NoError(t, err)
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&fields))
	return fields
}
