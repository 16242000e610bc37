package gateway

import "strings"

const aboutStreams = "Streams are server-sent events. Each has the name of its message for an id, from which a client that comes " +
	"back goes on. An event named error has a google.rpc.Status and is the last; so is one named end, after which there is nothing " +
	"more to come. When a stream ends otherwise, come back: none lasts longer than 20 minutes."

// completeOperation adds what the generator leaves out of an operation.
func completeOperation(method string, operation object) {
	responses := member(operation, "responses")
	responses["default"] = object{"description": "An error.", "schema": object{"$ref": "#/definitions/Status"}}
	if result := streamed(member(responses, "200")); result != nil {
		completeStream(operation, result)
	}
	if method != "get" {
		add(operation, object{"name": "Idempotency-Key", "in": "header", "type": "string", "maxLength": maxIdempotencyKey,
			"description": "Makes a retry harmless: within 24 hours the first answer is given again."})
	}
	if method == "patch" {
		completeUpdate(operation)
	}
}

func add(operation object, parameters ...any) {
	for _, p := range parameters {
		p, _ := p.(object)
		p["required"] = false
	}
	operation["parameters"] = append(list(operation["parameters"]), parameters...)
}

// streamed is the schema of what a stream sends, which the generator wraps; nil for an answer that is none.
func streamed(answer object) any {
	schema, _ := answer["schema"].(object)
	if title, _ := schema["title"].(string); !strings.HasPrefix(title, "Stream result of ") {
		return nil
	}
	return member(schema, "properties")["result"]
}

// completeStream describes a stream, which the generator takes for lines of JSON.
func completeStream(operation object, result any) {
	operation["produces"] = []string{inEvents[0]}
	responses := member(operation, "responses")
	responses["200"] = object{"description": "Events, each with this for its data.", "schema": result}
	responses["204"] = object{"description": "All was seen, and there will never be more."}
	add(operation, object{"name": "Last-Event-ID", "in": "header", "type": "string",
		"description": "The id of the last event that was seen; the same as lastSeen, and stronger. Browsers send it when they come back."},
		object{"name": ticketParameter, "in": "query", "type": "string",
			"description": "A ticket from " + ticketsPath + ", in place of the header Authorization, which browsers can't send here."})
}

// completeUpdate describes the mask, which the generator leaves to the body, and demands no field.
func completeUpdate(operation object) {
	for _, value := range list(operation["parameters"]) {
		parameter, _ := value.(object)
		if parameter["in"] == "body" {
			delete(member(parameter, "schema"), "required")
		}
	}
	add(operation, object{"name": "updateMask", "in": "query", "type": "string",
		"description": "The fields to change, with commas between them; * for all. Without it, all fields that are not empty."},
		object{"name": "If-Match", "in": "header", "type": "string",
			"description": "The ETag of the version to change. When there is another meanwhile, the answer is 412."})
}

// ticketOperation describes what the gateway itself offers.
func ticketOperation() object {
	return object{
		"operationId": "StreamTickets_CreateTicket", "tags": []any{"Streams"},
		"summary": "Gives a ticket with which a browser can open a stream.",
		"description": strings.TrimSpace(`
EventSource can't send a token, so it sends a ticket, as the parameter ticket. A ticket is good for one stream, once, for 30 seconds.
When the stream breaks, get another ticket, and open the stream again with the last event's id as the parameter lastSeen.`),
		"parameters": []any{object{"name": "body", "in": "body", "required": true, "schema": object{"type": "object",
			"required": []string{"path"}, "properties": object{"path": object{"type": "string",
				"description": "The stream's path, such as /v1/orders/1:track."}}}}},
		"responses": object{
			"200": object{"description": "The ticket.", "schema": object{"type": "object", "properties": object{
				"ticket":     object{"type": "string", "description": "The ticket."},
				"expireTime": object{"type": "string", "format": "date-time", "description": "Until when it can be used."}}}},
			"default": object{"description": "An error.", "schema": object{"$ref": "#/definitions/Status"}},
		},
	}
}
