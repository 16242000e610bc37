// Package openapi_test holds the OpenAPI document to what its readers need of it: that it is valid, and good to make clients of.
package openapi_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/stretchr/testify/require"

	contract "kept.dev/proto"
)

// document is the OpenAPI document as far as these tests look.
type document struct {
	OpenAPI string
	Paths   map[string]map[string]operation
	Servers []struct{ URL string }
	Tags    []struct{ Name, Description string }

	Components struct {
		Schemas map[string]schema
	}
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Parameters                        []struct {
		Ref      string `json:"$ref"`
		Name, In string
		Example  any
	}
	RequestBody *struct{ Content map[string]media }
	Responses   map[string]struct{ Content map[string]media }
}

type media struct{ Example any }

type schema struct {
	Type, Description string
	Enum              []string
	Properties        map[string]struct {
		Description string
		ReadOnly    bool
	}
}

func parse(t *testing.T) (d document) {
	require.NoError(t, json.Unmarshal(contract.OpenAPI, &d))
	require.NotEmpty(t, d.Paths)
	return d
}

func TestDocumentIsValid(t *testing.T) {
	read, err := libopenapi.NewDocument(contract.OpenAPI)
	require.NoError(t, err)
	v, errs := validator.NewValidator(read)
	require.Empty(t, errs)
	valid, faults := v.ValidateDocument()
	require.True(t, valid, "%v", faults)
	require.Equal(t, "3.1.0", parse(t).OpenAPI)
}

var variable = regexp.MustCompile(`\{([^}]*)\}`)

// Two paths that differ by the names of parameters only are one path, says OpenAPI.
func TestPathsAreDifferent(t *testing.T) {
	seen := map[string]string{}
	for path := range parse(t).Paths {
		bare := variable.ReplaceAllString(path, "{}")
		require.Empty(t, seen[bare], "and %s", path)
		seen[bare] = path
	}
}

// reserved are words that a parameter must not be called, since languages keep them for themselves.
var reserved = []string{"case", "class", "default", "delete", "for", "from", "import", "in", "interface", "package", "return", "type"}

func TestNamesAreGoodToGenerateFrom(t *testing.T) {
	d := parse(t)
	ids := map[string]bool{}
	for path, item := range d.Paths {
		for _, match := range variable.FindAllStringSubmatch(path, -1) {
			require.NotContains(t, reserved, match[1], path)
		}
		for method, o := range item {
			require.Regexp(t, `^[a-z][a-zA-Z0-9]+$`, o.OperationID, "%s %s", method, path)
			require.False(t, ids[o.OperationID], o.OperationID)
			ids[o.OperationID] = true
			for _, p := range o.Parameters {
				require.NotContains(t, reserved, p.Name, o.OperationID)
			}
		}
	}
	require.Contains(t, ids, "createOrder")
	for name := range d.Components.Schemas {
		require.Regexp(t, `^[A-Z][a-zA-Z0-9]+$`, name)
		require.NotContains(t, strings.ToLower(name), "keptv1")
	}
	require.Contains(t, d.Components.Schemas, "OrderState")
}

func TestOperationsSayWhoMayCallAndShowExamples(t *testing.T) {
	for path, item := range parse(t).Paths {
		for method, o := range item {
			at := method + " " + path
			require.NotEmpty(t, o.Summary, at)
			require.Len(t, o.Tags, 1, at)
			require.Contains(t, o.Description, "Who may call: ", at)
			for _, p := range o.Parameters {
				require.True(t, p.In != "path" || p.Example != nil, "%s shows no %s: make examples", at, p.Name)
			}
			if o.RequestBody != nil {
				require.True(t, exemplified(o.RequestBody.Content), "%s shows no request: make examples", at)
			}
			answer := o.Responses["200"].Content
			_, stream := answer["text/event-stream"]
			require.True(t, stream || exemplified(answer), "%s shows no answer: make examples", at)
			require.Subset(t, keys(o.Responses), []string{"400", "429", "500", "default"}, at)
		}
	}
}

func exemplified(content map[string]media) bool {
	for _, m := range content {
		if m.Example != nil {
			return true
		}
	}
	return false
}

func keys[V any](m map[string]V) (all []string) {
	for key := range m {
		all = append(all, key)
	}
	return all
}

func TestFieldsAndValuesAreDescribed(t *testing.T) {
	d := parse(t)
	for name, s := range d.Components.Schemas {
		require.NotEmpty(t, s.Description, name)
		for _, value := range s.Enum {
			require.Regexp(t, "- `"+value+"`: .+", s.Description, name)
		}
		for property, p := range s.Properties {
			require.NotEmpty(t, p.Description, "%s.%s", name, property)
		}
	}
	order := d.Components.Schemas["Order"].Properties
	require.True(t, order["name"].ReadOnly && order["state"].ReadOnly, "which only the server sets")
	require.False(t, order["customer"].ReadOnly)
}

func TestTagsAreDescribed(t *testing.T) {
	d := parse(t)
	described := map[string]bool{}
	for _, tag := range d.Tags {
		require.NotEmpty(t, tag.Description, tag.Name)
		described[tag.Name] = true
	}
	for path, item := range d.Paths {
		for _, o := range item {
			require.True(t, described[o.Tags[0]], path)
		}
	}
}
