package chain

import (
	"slices"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// adviceOf says what would be right, where the rule's own message says only what is wrong. It never repeats the
// value, which may be personal.
func adviceOf(fault *protovalidate.Violation) string {
	message := fault.Proto.GetMessage()
	switch rule := fault.Proto.GetRuleId(); {
	case rule == "required":
		return "must be set"
	case rule == "string.pattern":
		return "must match " + fault.RuleValue.String()
	case strings.HasPrefix(rule, "enum.") && fault.FieldDescriptor != nil && fault.FieldDescriptor.Enum() != nil:
		return "must be one of " + strings.Join(choices(fault, rule), ", ")
	}
	for wrong, right := range rewordings {
		if rest, ok := strings.CutPrefix(message, wrong); ok {
			return right + rest
		}
	}
	if message == "" {
		return "must satisfy the rule " + fault.Proto.GetRuleId()
	}
	return message
}

// rewordings turn the beginnings of protovalidate's messages into advice. No beginning is part of another.
var rewordings = map[string]string{
	"value is empty, which is not ": "must be ",
	"value is required":             "must be set",
	"does not have ":                "must have ",
	"does not contain ":             "must contain ",
	"contains ":                     "must not contain ",
}

// choices are the names of an enum's values that the rule allows.
func choices(fault *protovalidate.Violation, rule string) []string {
	values := fault.FieldDescriptor.Enum().Values()
	var names []string
	for i := range values.Len() {
		v := values.Get(i)
		listed := slices.Contains(numbers(fault.RuleValue), int64(v.Number()))
		switch {
		case rule == "enum.in" || rule == "enum.const":
			if !listed {
				continue
			}
		case v.Number() == 0 || listed: // zero means unspecified
			continue
		}
		names = append(names, string(v.Name()))
	}
	return names
}

// numbers are the enum numbers that a rule names: a list, one, or none.
func numbers(rule protoreflect.Value) []int64 {
	if !rule.IsValid() {
		return nil
	}
	switch value := rule.Interface().(type) {
	case int32:
		return []int64{int64(value)}
	case protoreflect.List:
		var all []int64
		for i := range value.Len() {
			all = append(all, value.Get(i).Int())
		}
		return all
	}
	return nil
}
