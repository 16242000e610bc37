package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// example is a request over REST and its answer, as the running suite has given it.
type example struct {
	Path   string
	Query  map[string]string
	Body   any
	Answer any
}

// readExamples reads a folder of them, in files such as OrderService_CreateOrder.json.
func readExamples(folder string) (map[string]example, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]example{}
	for _, file := range files {
		var e example
		if err := read(file, json.Unmarshal, &e); err != nil {
			return nil, err
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = e
	}
	return all, nil
}

// show shows the request and its answer, but for streams, whose answer is no JSON.
func (e example) show(r request) error {
	values, err := e.match(r.path)
	if err != nil {
		return err
	}
	for name, value := range e.Query {
		values[name] = value
	}
	for _, p := range list(r.operation["parameters"]) {
		parameter, _ := p.(object)
		if value, ok := values[text(parameter, "name")]; ok {
			parameter["example"] = typed(value, member(parameter, "schema"))
		}
	}
	if body, ok := r.operation["requestBody"].(object); ok && e.Body != nil {
		media(body)["example"] = e.Body
	}
	if !r.streams() {
		media(member(member(r.operation, "responses"), "200"))["example"] = e.Answer
	}
	return nil
}

// match finds what the parameters in a path are.
func (e example) match(path string) (map[string]string, error) {
	values := map[string]string{}
	given, wanted := strings.Split(e.Path, "/"), strings.Split(path, "/")
	if len(given) != len(wanted) {
		return nil, fmt.Errorf("the example's path is %s: make examples", e.Path)
	}
	for i, segment := range wanted {
		name, verb, free := strings.Cut(strings.TrimPrefix(segment, "{"), "}")
		if strings.HasPrefix(segment, "{") && free && strings.HasSuffix(given[i], verb) {
			values[name] = strings.TrimSuffix(given[i], verb)
		} else if segment != given[i] {
			return nil, fmt.Errorf("the example's path is %s: make examples", e.Path)
		}
	}
	return values, nil
}

// typed is the value of a parameter as its schema has it.
func typed(value string, schema object) any {
	switch schema["type"] {
	case "integer", "number", "boolean", "array":
		var v any
		if json.Unmarshal([]byte(value), &v) == nil {
			return v
		}
	}
	return value
}

// media is what a body or answer holds, of whichever type.
func media(of object) object {
	for _, m := range member(of, "content") {
		if m, ok := m.(object); ok {
			return m
		}
	}
	return object{}
}
