package main

import (
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// place is where a field stands.
type place int

const (
	// inRequest is a field that callers only send: all its bounds hold.
	inRequest place = iota
	// inResource is a field that comes back, too, and may then be empty: only upper bounds hold.
	inResource
)

// bound writes the rules of a field as JSON Schema, as far as it has words for them.
func bound(field protoreflect.FieldDescriptor, schema object, where place) {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	if field.IsList() {
		if r := rules.GetRepeated(); r != nil {
			set(schema, "maxItems", r.MaxItems)
			if where == inRequest {
				set(schema, "minItems", r.MinItems)
			}
			if items, ok := schema["items"].(object); ok {
				scalar(items, r.GetItems(), where)
			}
		}
		return
	}
	scalar(schema, rules, where)
}

func scalar(schema object, rules *validate.FieldRules, where place) {
	switch r := rules.GetType().(type) {
	case *validate.FieldRules_String_:
		set(schema, "maxLength", r.String_.MaxLen)
		if where == inRequest {
			set(schema, "minLength", r.String_.MinLen)
			if pattern := r.String_.GetPattern(); pattern != "" && !strings.Contains(pattern, "(?") { // which ECMA-262 lacks
				schema["pattern"] = pattern
			}
			if r.String_.GetUuid() {
				schema["format"] = "uuid"
			}
		}
	case *validate.FieldRules_Int32:
		if max, ok := r.Int32.GetLessThan().(*validate.Int32Rules_Lte); ok {
			schema["maximum"] = max.Lte
		}
		if min, ok := r.Int32.GetGreaterThan().(*validate.Int32Rules_Gte); ok && where == inRequest {
			schema["minimum"] = min.Gte
		}
	}
}

func set[N any](schema object, name string, value *N) {
	if value != nil {
		schema[name] = *value
	}
}
