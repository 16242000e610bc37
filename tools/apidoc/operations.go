package main

import (
	"fmt"
	"maps"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

func (d *document) completeOperation(verb, path string, operation object, inPath []any) error {
	generated := text(operation, "operationId")
	method := d.contract.methods[generated]
	if method == nil {
		return fmt.Errorf("no RPC is called %s", generated)
	}
	id := operationID(generated)
	if other := d.taken[id]; other != "" {
		return fmt.Errorf("%s and %s would both be the operation %s: one needs another name", other, generated, id)
	}
	d.taken[id] = generated
	operation["operationId"] = id
	operation["tags"] = []any{tagOf(string(method.Parent().Name()))}
	who, token, err := d.contract.callers(method)
	if err != nil {
		return err
	}
	r := request{verb: verb, path: path, method: method, operation: operation, token: token}
	r.describe(who)
	if !token {
		operation["security"] = []any{object{}, object{"bearer": []any{}}}
	}
	d.addParameters(r, inPath)
	d.completeBody(r)
	d.contract.shorten(operation)
	d.completeResponses(r)
	if e, ok := d.examples[generated]; ok {
		return e.show(r)
	}
	return nil // an RPC that is new has none before it has run
}

// request is one operation and where it stands.
type request struct {
	verb, path string
	method     protoreflect.MethodDescriptor
	operation  object
	token      bool // without one it is refused
}

func (r request) changes() bool { return r.verb != "get" }
func (r request) streams() bool { return r.method.IsStreamingServer() }

// describe has the first sentence for a title, and ends with who may call.
func (r request) describe(who string) {
	said := comment(r.method)
	if summary := text(r.operation, "summary"); said == "" {
		said = summary
	}
	first, rest := said, ""
	if i := strings.Index(said, ". "); i >= 0 {
		first, rest = said[:i+1], said[i+2:]
	}
	if i := strings.Index(first, "\n\n"); i >= 0 {
		first, rest = said[:i], said[i+2:]
	}
	if i := strings.Index(first, ".\n"); i >= 0 {
		first, rest = said[:i+1], said[i+2:]
	}
	r.operation["summary"] = strings.TrimSuffix(strings.Join(strings.Fields(first), " "), ".")
	r.operation["description"] = strings.TrimSpace(unindented(rest) + "\n\nWho may call: " + who + ".")
}

// unindented takes away the blank that begins each line of a comment.
func unindented(comment string) string {
	return strings.TrimSpace(strings.ReplaceAll(comment, "\n ", "\n"))
}

func (d *document) addParameters(r request, inPath []any) {
	var all []any
	for _, value := range inPath { // each operation has its own example of them
		parameter, _ := value.(object)
		all = append(all, maps.Clone(parameter))
	}
	for _, value := range list(r.operation["parameters"]) {
		parameter, _ := value.(object)
		if parameter["in"] == "path" {
			continue
		}
		schema := member(parameter, "schema")
		if field := r.method.Input().Fields().ByJSONName(text(parameter, "name")); field != nil {
			bound(field, schema, inRequest)
			d.contract.describe(field, parameter)
		}
		if schema["type"] == "array" { // ids=1&ids=2
			parameter["explode"] = true
		}
		all = append(all, parameter)
	}
	add := func(name string) { all = append(all, object{"$ref": "#/components/parameters/" + name}) }
	if r.changes() {
		add("IdempotencyKey")
	}
	if d.conditional(r) {
		add("IfMatch")
	}
	if r.verb == "get" && d.tagged(r) {
		add("IfNoneMatch")
	}
	if r.streams() {
		add("LastEventId")
		r.operation["security"] = []any{object{"bearer": []any{}}, object{"ticket": []any{}}}
	}
	delete(r.operation, "parameters")
	if len(all) > 0 {
		r.operation["parameters"] = all
	}
}

// tagged tells whether the answer has an etag, and so the header ETag.
func (d *document) tagged(r request) bool {
	return !r.streams() && r.method.Output().Fields().ByName("etag") != nil
}

// conditional tells whether If-Match goes with the request: an update of what has an etag.
func (d *document) conditional(r request) bool { return r.verb == "patch" && d.tagged(r) }
