package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// column is a column, and the Go around it.
type column struct {
	Name, Field, Kind, Enum string
	Null, json              bool
	// Value is the column's value of the message m, whose name is in name.
	Value string
	// vars are the variables that Scan wants, dest is where it scans to, after what makes the field of that.
	vars, dest, after string
	// before makes what Value needs and may fail.
	before string
}

// readColumn reads "column = field, null" or "column = field, json"; "column" alone keeps the field of the same name.
func readColumn(text string) (c column, part string) {
	text, c.Null = strings.CutSuffix(text, ", null")
	text, c.json = strings.CutSuffix(text, ", json")
	name, field, other := strings.Cut(text, " = ")
	c.Name = strings.TrimSpace(name)
	if !other {
		field = c.Name
	}
	field, part, _ = strings.Cut(strings.TrimSpace(field), ".")
	c.Field = field
	return c, part
}

// keep fills in how the column keeps the message's field.
func (c *column) keep(m protoreflect.MessageDescriptor, part string, imports map[string]string) error {
	f := m.Fields().ByName(protoreflect.Name(c.Field))
	if f == nil {
		return fmt.Errorf("column %s: there is no field %s", c.Name, c.Field)
	}
	local, goField := lower(c.Name), camel(c.Field)
	get := "m.Get" + goField + "()"
	switch {
	case c.Field == "etag":
		c.Kind, c.Value = "Int", "resource.Version("+get+")"
		c.scanned(local, "int64", "m.Etag = resource.Etag("+local+")")
	case f.IsList() || f.IsMap():
		c.packed(m, local, goField, imports)
	case f.Message() != nil:
		return c.message(m, f, part, local, goField, imports)
	case f.Enum() != nil:
		c.Kind, c.Enum = "Enum", goName(f.Enum(), imports)+"(0)"
		c.Value = "int64(" + get + ")"
		if c.Null {
			c.Value = "resource.Unless(0, " + c.Value + ")"
		}
		c.scanned(local, "int64", "m."+goField+" = "+goName(f.Enum(), imports)+"("+local+")")
	default:
		return c.scalar(f, get, goField)
	}
	return nil
}

func (c *column) scanned(local, kind, after string) {
	c.vars, c.dest, c.after = local+" "+kind, "&"+local, after
}

func (c *column) scalar(f protoreflect.FieldDescriptor, get, goField string) error {
	c.dest, c.Value = "&m."+goField, get
	zero := "0"
	switch f.Kind() {
	case protoreflect.StringKind:
		zero = `""`
	case protoreflect.BoolKind:
		c.Kind, zero = "Bool", "false"
	case protoreflect.Int32Kind, protoreflect.Uint32Kind:
		c.Kind, c.Value = "Int", "int64("+get+")"
	case protoreflect.Int64Kind:
		c.Kind = "Int"
	case protoreflect.DoubleKind:
	default:
		return fmt.Errorf("column %s: fields of the kind %s are not known yet; add them in tools/rows", c.Name, f.Kind())
	}
	switch {
	case f.HasPresence():
		c.Null, c.Value = true, "resource.Optional(m."+goField+")"
	case c.Null:
		c.Value = "resource.Unless(" + zero + ", " + c.Value + ")"
	}
	return nil
}

func (c *column) message(
	m protoreflect.MessageDescriptor, f protoreflect.FieldDescriptor, part, local, goField string, imports map[string]string,
) error {
	get := "m.Get" + goField + "()"
	switch f.Message().FullName() {
	case "google.protobuf.Timestamp":
		imports["kept.dev/kit/clock"] = ""
		c.Kind, c.Value = "Timestamp", "resource.Micros("+get+")"
		c.scanned(local, "*int64", "m."+goField+" = clock.Stamp("+local+")")
	case "google.protobuf.Duration":
		c.Kind, c.Value = "Int", "resource.DurationMicros("+get+")"
		c.scanned(local, "int64", "m."+goField+" = resource.Duration("+local+")")
		if c.Null {
			c.Value = "resource.OptionalMicros(" + get + ")"
			c.scanned(local, "*int64", "m."+goField+" = resource.OptionalDuration("+local+")")
		}
	case "google.type.Money":
		return c.money(snake(string(m.Name())), part, goField, imports)
	default:
		c.packed(m, local, goField, imports)
	}
	return nil
}

// money is in two columns, one after the other: "fee = speed_fee.minor" and "currency = speed_fee.currency".
func (c *column) money(prefix, part, goField string, imports map[string]string) error {
	amount := lower(c.Field)
	switch part {
	case "minor":
		imports["kept.dev/kit/money"] = ""
		c.vars, c.dest, c.Value = amount+" money.Amount", "&"+amount+".Minor", amount+".Minor"
		c.before = fmt.Sprintf("%s, err := resource.Amount(%q, m.Get%s())", amount, prefix+"."+c.Field, goField)
	case "currency":
		c.dest, c.Value = "&"+amount+".Currency", amount+".Currency"
		c.after = "m." + goField + " = resource.Money(" + amount + ")"
	default:
		return fmt.Errorf("column %s: money needs two columns, %s.minor and %s.currency", c.Name, c.Field, c.Field)
	}
	return nil
}

// packed is a field that is only ever read and written as a whole: the column has a message with nothing else.
func (c *column) packed(m protoreflect.MessageDescriptor, local, goField string, imports map[string]string) {
	as, kind := "", "[]byte"
	if c.json {
		as, kind = "JSON", "string"
	}
	c.Value = local
	c.before = fmt.Sprintf("%s, err := resource.Pack%s(&%s{%s: m.Get%s()})", local, as, goName(m, imports), goField, goField)
	c.scanned(local, kind, "if err := resource.Unpack"+as+"("+local+", m); err != nil {\n\t\treturn nil, err\n\t}")
}
