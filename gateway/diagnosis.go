package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"kept.dev/kit/errs"
)

// maxFaults is how many faults of one body are told.
const maxFaults = 20

// diagnose says what is wrong with a body that protojson did not take. Its own errors name a line and a word, but not
// where in the message that is, and their text is made to be unstable. So each value is tried alone, from the outside
// in; only what does not fit is opened, which bounds the work by the body's length times its depth.
func diagnose(prefix string, md protoreflect.MessageDescriptor, body []byte) error {
	if depth(body) > maxDepth {
		return invalid("the body is nested more than %d deep", maxDepth)
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(body, new(json.RawMessage)); errors.As(err, &syntax) {
		return invalid("the body is not valid JSON at byte %d: %v", syntax.Offset, syntax)
	}
	var d diagnosis
	d.object(prefix, md, body)
	if len(d.faults) == 0 {
		return invalid("the body is not JSON for this method")
	}
	return invalidFields(d.faults)
}

// depth is how deeply a JSON text is nested, whether or not it is right otherwise.
func depth(body []byte) int {
	deepest, now := 0, 0
	quoted := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// diagnosis gathers faults.
type diagnosis struct {
	faults []errs.Field
}

func (d *diagnosis) add(path, format string, args ...any) {
	d.faults = append(d.faults, errs.Field{Path: path, Description: fmt.Sprintf(format, args...)})
}

func (d *diagnosis) full() bool { return len(d.faults) >= maxFaults }

// object looks into a value that does not fit the message.
func (d *diagnosis) object(path string, md protoreflect.MessageDescriptor, value json.RawMessage) {
	if !begins(value, '{') {
		d.add(path, "must be an object")
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	_, _ = decoder.Token() // the brace; the text is valid JSON
	seen := map[protoreflect.FieldNumber]bool{}
	for decoder.More() && !d.full() {
		token, err := decoder.Token()
		name, ok := token.(string)
		var inner json.RawMessage
		if err != nil || !ok || decoder.Decode(&inner) != nil {
			return
		}
		fd := fieldOf(md, name)
		switch {
		case fd == nil:
			d.add(join(path, name), "there is no such field")
		case seen[fd.Number()]:
			d.add(join(path, name), "is given more than once")
		case !takes(md, name, inner):
			d.field(join(path, name), fd, inner)
		}
		if fd != nil {
			seen[fd.Number()] = true
		}
	}
}

// field looks into a value that does not fit the field.
func (d *diagnosis) field(path string, fd protoreflect.FieldDescriptor, value json.RawMessage) {
	switch {
	case fd.IsList() && !begins(value, '['):
		d.add(path, "must be a list")
	case fd.IsList() && opens(fd):
		d.list(path, fd, value)
	case fd.IsList():
		d.add(path, "each must be %s", expected(fd))
	case fd.IsMap():
		d.add(path, "must be an object with the right values")
	case opens(fd):
		d.object(path, fd.Message(), value)
	default:
		d.add(path, "must be %s", expected(fd))
	}
}

// list looks into a list of messages.
func (d *diagnosis) list(path string, fd protoreflect.FieldDescriptor, value json.RawMessage) {
	decoder := json.NewDecoder(bytes.NewReader(value))
	_, _ = decoder.Token() // the bracket
	for i := 0; decoder.More() && !d.full(); i++ {
		var element json.RawMessage
		if decoder.Decode(&element) != nil {
			return
		}
		if !isMessage(fd.Message(), element) {
			d.object(fmt.Sprintf("%s[%d]", path, i), fd.Message(), element)
		}
	}
}

// opens tells whether the field is a message whose JSON has the message's fields; the well-known types have their own.
func opens(fd protoreflect.FieldDescriptor) bool {
	return fd.Message() != nil && !strings.HasPrefix(string(fd.Message().FullName()), "google.protobuf.")
}

// takes tells whether a message could have the value in the field.
func takes(md protoreflect.MessageDescriptor, name string, value json.RawMessage) bool {
	key, err := json.Marshal(name)
	if err != nil {
		return false
	}
	text := make([]byte, 0, len(key)+len(value)+3)
	text = append(text, '{')
	text = append(text, key...)
	text = append(text, ':')
	text = append(text, value...)
	return isMessage(md, append(text, '}'))
}

func isMessage(md protoreflect.MessageDescriptor, text []byte) bool {
	options := protojson.UnmarshalOptions{RecursionLimit: maxDepth}
	return options.Unmarshal(text, dynamicpb.NewMessage(md)) == nil
}

func begins(value json.RawMessage, c byte) bool {
	trimmed := bytes.TrimLeft(value, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == c
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
