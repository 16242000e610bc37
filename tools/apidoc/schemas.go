package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const refs = "#/components/schemas/"

// addSchemas takes the generated ones under their short names, with what the generator leaves out. Those that are there stay: Google
// sends its types without their comments.
func (d *document) addSchemas(generated object) error {
	for full, value := range generated {
		schema, _ := value.(object)
		found, err := d.contract.files.FindDescriptorByName(protoreflect.FullName(full))
		if err != nil {
			return fmt.Errorf("the schema %s: %w", full, err)
		}
		name := d.contract.names[found.FullName()]
		if d.schemas()[name] != nil { // or another contract uses it, too
			continue
		}
		switch found := found.(type) {
		case protoreflect.EnumDescriptor:
			completeEnum(found, schema)
		case protoreflect.MessageDescriptor:
			d.contract.completeFields(found, schema, inResource)
		}
		d.contract.shorten(schema)
		d.schemas()[name] = schema
	}
	return nil
}

// shorten has every reference say the short name.
func (c *contract) shorten(value any) {
	switch v := value.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			if name := c.names[protoreflect.FullName(strings.TrimPrefix(ref, refs))]; name != "" {
				v["$ref"] = refs + name
			}
		}
		for _, inside := range v {
			c.shorten(inside)
		}
	case []any:
		for _, inside := range v {
			c.shorten(inside)
		}
	}
}

// completeEnum says what each value means.
func completeEnum(d protoreflect.EnumDescriptor, schema object) {
	var lines, texts []string
	for i := range d.Values().Len() {
		value := d.Values().Get(i)
		said := strings.Join(strings.Fields(comment(value)), " ")
		lines, texts = append(lines, fmt.Sprintf("- `%s`: %s", value.Name(), said)), append(texts, said)
	}
	schema["description"] = text(schema, "description") + "\n\n" + strings.Join(lines, "\n")
	schema["x-enum-descriptions"] = texts // what openapi-typescript, for one, puts beside each value
}

// completeFields says of each field whether only the server sets it, and how long or large it may be.
func (c *contract) completeFields(d protoreflect.MessageDescriptor, schema object, where place) {
	properties, _ := schema["properties"].(object)
	for name, value := range properties {
		property, _ := value.(object)
		field := d.Fields().ByJSONName(name)
		if field == nil {
			continue
		}
		c.describe(field, property)
		if hasBehavior(field, annotations.FieldBehavior_IDENTIFIER) {
			property["readOnly"] = true
		}
		bound(field, property, where)
	}
}

// describe has the description of a field speak of others as JSON names them. Filters and orders are written as the contract
// spells them.
func (c *contract) describe(field protoreflect.FieldDescriptor, in object) {
	if said, ok := in["description"].(string); ok && field.Name() != "filter" && field.Name() != "order_by" {
		in["description"] = c.inREST(said)
	}
}

func hasBehavior(field protoreflect.FieldDescriptor, behavior annotations.FieldBehavior) bool {
	all, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(all, behavior)
}
