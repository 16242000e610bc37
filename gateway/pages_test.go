package gateway_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/gateway"
)

func TestPages(t *testing.T) {
	keys := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_, _ = w.Write([]byte(`{"keys":[]}`))
	})
	w := newWorld(t, func(c *gateway.Config) { c.JWKS = keys })
	for path, kind := range map[string]string{
		"/": "text/html", "/docs": "text/html", "/docs/docs.js": "text/javascript", "/docs/docs.css": "text/css",
		"/openapi.json": "application/json", "/healthz": "application/json", "/.well-known/jwks.json": "application/jwk-set+json",
	} {
		got := w.ask(t, "GET", path, "")
		require.Equal(t, 200, got.Code, path)
		require.Contains(t, got.Header().Get("Content-Type"), kind)
		require.NotEmpty(t, got.Body.String())
	}
	require.Contains(t, w.ask(t, "GET", "/", "").Body.String(), `href="/docs"`)
	require.Equal(t, 404, newWorld(t).ask(t, "GET", "/.well-known/jwks.json", "").Code)
}

// The pages load nothing from elsewhere, and all that they load is there.
func TestPagesAreWhole(t *testing.T) {
	w := newWorld(t)
	link := regexp.MustCompile(`(?:href|src)="([^"]*)"|fetch\("([^"]*)"\)`)
	for _, path := range []string{"/", "/docs", "/docs/docs.js"} {
		for _, match := range link.FindAllStringSubmatch(w.ask(t, "GET", path, "").Body.String(), -1) {
			target := match[1] + match[2]
			require.Equal(t, 200, w.ask(t, "GET", target, "").Code, target)
		}
	}
}

type operation struct {
	Parameters []struct{ Name, In string }
	Produces   []string
	Responses  map[string]struct{ Schema map[string]any }
}

func TestOpenAPIIsWhatIsServed(t *testing.T) {
	w := newWorld(t)
	var document struct {
		Swagger     string
		Info        struct{ Title, Version, Description string }
		Paths       map[string]map[string]operation
		Definitions map[string]any
		Tags        []struct{ Name string }
	}
	require.NoError(t, json.Unmarshal(w.ask(t, "GET", "/openapi.json", "").Body.Bytes(), &document))
	require.Equal(t, "2.0", document.Swagger)
	require.Equal(t, "Kept", document.Info.Title)
	require.Contains(t, document.Paths, "/v1/orders/{order}:cancel")
	require.Contains(t, document.Paths, "/v1/services/{service}/deadLetters/{deadLetter}:replay")
	require.Contains(t, document.Definitions, "Status")
	for _, tag := range document.Tags {
		require.NotContains(t, []string{"SandboxService", "ActivityService"}, tag.Name)
	}
	variable := regexp.MustCompile(`\{([^}]*)\}`)
	for path, item := range document.Paths {
		require.NotContains(t, path, "sandbox")
		for method, operation := range item {
			in := map[string]bool{}
			for _, p := range operation.Parameters {
				in[p.In+" "+p.Name] = true
			}
			for _, v := range variable.FindAllStringSubmatch(path, -1) {
				require.True(t, in["path "+v[1]], path)
			}
			require.Contains(t, operation.Responses, "default")
			require.NotEqual(t, 404, w.ask(t, strings.ToUpper(method), variable.ReplaceAllString(path, "order"), "").Code, path)
			got := w.ask(t, "OPTIONS", variable.ReplaceAllString(path, "order"), "")
			require.Contains(t, got.Header().Get("Allow"), strings.ToUpper(method))
		}
	}
	require.Contains(t, newWorld(t, sandbox).ask(t, "GET", "/openapi.json", "").Body.String(), "/v1/sandbox/clock:advance")
}

func TestOpenAPISaysWhatTheGeneratorDoesNotKnow(t *testing.T) {
	var document struct {
		Paths map[string]map[string]operation
	}
	w := newWorld(t)
	require.NoError(t, json.Unmarshal(w.ask(t, "GET", "/openapi.json", "").Body.Bytes(), &document))
	streams := 0
	for path, item := range document.Paths {
		for method, o := range item {
			parameters := map[string]bool{}
			for _, p := range o.Parameters {
				parameters[p.In+" "+p.Name] = true
			}
			stream := strings.HasSuffix(path, ":track") || strings.HasSuffix(path, ":stream")
			if stream {
				streams++
				require.Equal(t, []string{"text/event-stream"}, o.Produces, path)
				require.Contains(t, o.Responses["200"].Schema, "$ref")
			}
			require.Equal(t, stream, parameters["header Last-Event-ID"] && parameters["query ticket"] && parameters["query lastSeen"], path)
			require.Equal(t, method == "patch", parameters["query updateMask"] && parameters["header If-Match"], path)
		}
	}
	require.Equal(t, 3, streams)
	require.Contains(t, document.Paths["/streamTickets"], "post")
	for _, path := range []string{"/v1/scorecard", "/v1/shortagePolicy", "/v1/promisePolicies/{promisePolicy}", "/v1/customers/{customer}/identities/{identity}"} {
		require.Contains(t, document.Paths, path)
	}
}
