package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// callers says who may call an RPC, and whether that takes a token.
func (c *contract) callers(method protoreflect.MethodDescriptor) (who string, token bool, _ error) {
	options := method.Options().ProtoReflect()
	if !options.Has(c.rule.TypeDescriptor()) {
		return "", false, fmt.Errorf("%s has no access rule", method.FullName())
	}
	rule := options.Get(c.rule.TypeDescriptor()).Message()
	fields := rule.Descriptor().Fields()
	if rule.Get(fields.ByName("anyone")).Bool() {
		return "anyone, without a token", false, nil
	}
	if rule.Has(fields.ByName("link")) {
		return "whoever has the signed link, with or without a token", false, nil
	}
	roles := rule.Get(fields.ByName("roles")).List()
	values := fields.ByName("roles").Enum().Values()
	var names []string
	for i := range roles.Len() {
		name := strings.ToLower(strings.TrimPrefix(string(values.ByNumber(roles.Get(i).Enum()).Name()), "ROLE_"))
		if name == "customer" {
			name = "customer (what is their own)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", "), true, nil
}

// asksAboutOthers tells whether the request names whose data it is about, which can be unknown.
func (c *contract) asksAboutOthers(method protoreflect.MethodDescriptor) bool {
	rule := method.Options().ProtoReflect().Get(c.rule.TypeDescriptor()).Message()
	return rule.Has(rule.Descriptor().Fields().ByName("field"))
}
