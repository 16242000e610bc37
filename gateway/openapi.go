package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// object is a JSON object.
type object = map[string]any

const about = "Keeps a company's promises to its customers. Every request carries a bearer token, unless it says otherwise. " +
	"Errors are google.rpc.Status, or RFC 9457 problems for who accepts application/problem+json. " +
	"A request that changes something may carry an Idempotency-Key: repeated with the same key, it is carried out once."

// complete fills in what the generator does not know: what this is, where it is, how one authenticates, what errors
// look like, and which paths there really are.
func complete(generated []byte, sandbox bool) ([]byte, error) {
	document := object{"swagger": "2.0"}
	if len(generated) > 0 {
		if err := json.Unmarshal(generated, &document); err != nil {
			return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
		}
	}
	document["info"] = object{"title": "Kept", "version": "v1", "description": about}
	document["basePath"] = "/"
	document["schemes"] = []string{"https", "http"}
	document["securityDefinitions"] = object{"bearer": object{"type": "apiKey", "in": "header", "name": "Authorization",
		"description": "The word Bearer and a token."}}
	document["security"] = []object{{"bearer": []string{}}}
	definitions := member(document, "definitions")
	definitions["Status"] = statusSchema()
	paths, tags := object{}, map[string]bool{}
	for path, item := range member(document, "paths") {
		operations, _ := item.(object)
		for method, value := range operations {
			operation, _ := value.(object)
			tag := tagOf(operation)
			if operation == nil || tag == "SandboxService" && !sandbox {
				continue
			}
			tags[tag] = true
			full := expand(path, operation)
			completeOperation(method, operation)
			member(paths, full)[method] = operation
		}
	}
	paths[ticketsPath] = object{"post": ticketOperation()}
	paths[contentPath] = object{"put": uploadOperation()}
	document["paths"] = paths
	document["tags"] = slices.DeleteFunc(list(document["tags"]), func(tag any) bool {
		t, _ := tag.(object)
		name, _ := t["name"].(string)
		return !tags[name]
	})
	document["tags"] = append(list(document["tags"]), object{"name": "Streams", "description": aboutStreams})
	return json.Marshal(document)
}

// expand writes a path as it is: the generator's "/v1/{name}", with the pattern "orders/[^/]+", is
// "/v1/orders/{order}". A client that filled {name} in would have to leave its slash unescaped, which none does.
func expand(path string, operation object) string {
	var parameters []any
	for _, value := range list(operation["parameters"]) {
		parameter, _ := value.(object)
		name, _ := parameter["name"].(string)
		pattern, _ := parameter["pattern"].(string)
		if parameter["in"] != "path" || pattern == "" || pattern == "[^/]+" {
			parameters = append(parameters, value)
			continue
		}
		segments := strings.Split(strings.ReplaceAll(pattern, "[^/]+", "*"), "/")
		for i := range segments {
			if segments[i] != "*" || i == 0 {
				continue
			}
			variable := singular(segments[i-1])
			segments[i] = "{" + variable + "}"
			parameters = append(parameters, object{"name": variable, "in": "path", "required": true, "type": "string",
				"description": "The last part of the name of one of the " + segments[i-1] + "."})
		}
		path = strings.Replace(path, "{"+name+"}", strings.Join(segments, "/"), 1)
	}
	operation["parameters"] = parameters
	return path
}

// singular is what one of a collection is called.
func singular(collection string) string {
	if one, ok := strings.CutSuffix(collection, "ies"); ok {
		return one + "y"
	}
	return strings.TrimSuffix(collection, "s")
}

func tagOf(operation object) string {
	if tags := list(operation["tags"]); len(tags) > 0 {
		tag, _ := tags[0].(string)
		return tag
	}
	return ""
}

func statusSchema() object {
	return object{"type": "object", "description": "What went wrong (google.rpc.Status).", "properties": object{
		"code":    object{"type": "integer", "format": "int32", "description": "The code of gRPC."},
		"message": object{"type": "string", "description": "What went wrong, for developers."},
		"details": object{"type": "array", "description": "ErrorInfo with the reason; BadRequest with the fields; RetryInfo.",
			"items": object{"type": "object", "properties": object{"@type": object{"type": "string"}},
				"additionalProperties": object{}}},
	}}
}

// member is an object in an object; made where it is missing.
func member(of object, name string) object {
	m, ok := of[name].(object)
	if !ok {
		m = object{}
		of[name] = m
	}
	return m
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}
