package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// describe fits the generated OpenAPI document to this gateway: where callers reach it, and no sandbox where there is none.
func describe(generated []byte, publicURL string, sandbox bool) ([]byte, error) {
	document := map[string]json.RawMessage{}
	if err := json.Unmarshal(generated, &document); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	if publicURL != "" {
		document["servers"] = rawJSON([]map[string]string{{"url": strings.TrimSuffix(publicURL, "/")}})
	}
	if !sandbox {
		if err := leaveOutSandbox(document); err != nil {
			return nil, err
		}
	}
	return json.Marshal(document)
}

func leaveOutSandbox(document map[string]json.RawMessage) error {
	var paths map[string]json.RawMessage
	var tags []struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	if err := errors.Join(json.Unmarshal(document["paths"], &paths), json.Unmarshal(document["tags"], &tags)); err != nil {
		return fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	maps.DeleteFunc(paths, func(path string, _ json.RawMessage) bool { return strings.HasPrefix(path, "/v1/sandbox/") })
	kept := tags[:0]
	for _, tag := range tags {
		if tag.Name != "Sandbox" {
			kept = append(kept, tag)
		}
	}
	document["paths"], document["tags"] = rawJSON(paths), rawJSON(kept)
	return nil
}

// rawJSON writes what always can be written.
func rawJSON(value any) json.RawMessage {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return raw
}
