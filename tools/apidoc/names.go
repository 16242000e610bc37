package main

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

var forLinters = regexp.MustCompile(`(?s)\(--.*?--\)`)

// shortNames are the names of schemas: OrderState for kept.order.v1.Order.State. Where two packages have the same, each says its
// service: OrderPolicy, SupportPolicy.
func shortNames(all []protoreflect.Descriptor) map[protoreflect.FullName]string {
	count := map[string]int{}
	short := func(d protoreflect.Descriptor) string {
		return strings.ReplaceAll(strings.TrimPrefix(string(d.FullName()), string(d.ParentFile().Package())+"."), ".", "")
	}
	for _, d := range all {
		count[short(d)]++
	}
	names := map[protoreflect.FullName]string{}
	for _, d := range all {
		name := short(d)
		if count[name] > 1 {
			service := strings.Split(string(d.ParentFile().Package()), ".")
			name = upper(service[min(1, len(service)-1)]) + name
		}
		names[d.FullName()] = name
	}
	return names
}

// operationID is createOrder for OrderService_CreateOrder.
func operationID(generated string) string {
	_, name, _ := strings.Cut(generated, "_")
	return strings.ToLower(name[:1]) + name[1:]
}

// tagOf is the group of an operation: Order for OrderService.
func tagOf(service string) string { return strings.TrimSuffix(service, "Service") }

// idOf is the parameter for a part of a resource's name: deliveryOptionId for dead_letter. It is no name, which other fields
// hold, and no word that a language keeps for itself, such as case or import.
func idOf(variable string) string { return camel(variable) + "Id" }

// spelled writes a path with a parameter for each part of a name that is free: /v1/orders/{orderId}:cancel for the generator's
// /v1/orders/{name}:cancel. So no two paths differ by the names of parameters only.
func (c *contract) spelled(path string) (string, []any, error) {
	var parameters []any
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if !strings.HasPrefix(segment, "{") {
			continue
		}
		collection, _, _ := strings.Cut(segments[i-1], ":")
		variable := c.segments[collection]
		if variable == "" {
			return "", nil, fmt.Errorf("%s: no resource has a name with %s/{…}", path, collection)
		}
		_, verb, custom := strings.Cut(segment, "}")
		segments[i] = "{" + idOf(variable) + "}"
		if custom {
			segments[i] += verb
		}
		parameters = append(parameters, object{
			"name": idOf(variable), "in": "path", "required": true, "schema": object{"type": "string", "minLength": 1},
			"description": fmt.Sprintf("What follows `%s/` in the name.", collection),
		})
	}
	return strings.Join(segments, "/"), parameters, nil
}

var quotedField = regexp.MustCompile("`[a-z]+(_[a-z0-9]+)+`")

// inREST writes the names of fields as JSON does.
func (c *contract) inREST(description string) string {
	return quotedField.ReplaceAllStringFunc(description, func(quoted string) string {
		if name := strings.Trim(quoted, "`"); c.fields[name] {
			return "`" + camel(name) + "`"
		}
		return quoted
	})
}

// camel turns delivery_option into deliveryOption.
func camel(snake string) string {
	words := strings.Split(snake, "_")
	for i := 1; i < len(words); i++ {
		words[i] = upper(words[i])
	}
	return strings.Join(words, "")
}

func upper(word string) string {
	if word == "" {
		return word
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
