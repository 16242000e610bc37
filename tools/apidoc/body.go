package main

import "strings"

// body completes what a request carries. An update may leave out every field, so it has a schema of its own, without required ones.
func (d *document) completeBody(r request) {
	body, _ := r.operation["requestBody"].(object)
	if body == nil {
		return
	}
	media := member(member(body, "content"), "application/json")
	schema := member(media, "schema")
	if schema["$ref"] == nil {
		d.contract.completeFields(r.method.Input(), schema, inRequest)
		return
	}
	d.contract.shorten(schema)
	name := strings.TrimPrefix(text(schema, "$ref"), refs)
	if r.verb != "patch" {
		return
	}
	whole, _ := d.schemas()[name].(object)
	partial := object{}
	for key, value := range whole {
		if key != "required" {
			partial[key] = value
		}
	}
	partial["description"] = "The fields of " + name + " that change; the others may be left out."
	d.schemas()[name+"Update"] = partial
	schema["$ref"] = refs + name + "Update"
}

// responses are the answer, and all refusals that can come.
func (d *document) completeResponses(r request) {
	generated := member(member(r.operation, "responses"), "200")
	schema := member(member(member(generated, "content"), "application/json"), "schema")
	answer := object{"description": generated["description"], "content": object{"application/json": object{"schema": schema}}}
	headers := object{}
	if d.tagged(r) {
		headers["ETag"] = ref("headers", "ETag")
	}
	if r.changes() {
		headers["Idempotent-Replayed"] = ref("headers", "IdempotentReplayed")
	}
	if len(headers) > 0 {
		answer["headers"] = headers
	}
	all := object{"200": answer}
	switch {
	case r.method.Output().FullName() == "google.protobuf.Empty":
		answer["description"] = "Done."
	case r.streams():
		answer["description"] = "Events. The data of each is this; its id is the message's name."
		answer["content"] = object{"text/event-stream": object{"schema": schema}}
		all["204"] = object{"description": "All was seen, and there will never be more."}
	}
	for status, name := range d.refusals(r) {
		all[status] = ref("responses", name)
	}
	r.operation["responses"] = all
}

// refusals are the refusals that the operation can meet, by HTTP status.
func (d *document) refusals(r request) map[string]string {
	all := map[string]string{"400": "Invalid", "401": "Unauthenticated", "429": "TooMany", "500": "Internal", "503": "Unavailable",
		"504": "Late", "default": "Refused"}
	if r.token {
		all["403"] = "Forbidden"
	}
	if strings.Contains(r.path, "{") || d.contract.asksAboutOthers(r.method) {
		all["404"] = "NotFound"
	}
	if r.changes() {
		all["409"], all["422"] = "Conflict", "KeyReused"
	}
	if r.operation["requestBody"] != nil {
		all["413"], all["415"] = "TooLarge", "OtherType"
	}
	if d.conditional(r) {
		all["412"] = "Changed"
	}
	if r.verb == "get" && d.tagged(r) {
		all["304"] = "Unchanged"
	}
	return all
}
