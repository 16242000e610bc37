package gateway_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
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
		"/docs/swagger-ui-bundle.js": "text/javascript", "/docs/swagger-ui.css": "text/css",
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

// What comes compressed is the same for who does not take it so.
func TestDocsAreUnpackedForWhoAsks(t *testing.T) {
	w := newWorld(t)
	packed := w.ask(t, "GET", "/docs/swagger-ui.css", "", "Accept-Encoding", "gzip")
	require.Equal(t, []string{"gzip"}, packed.Header().Values("Content-Encoding"))
	reader, err := gzip.NewReader(packed.Body)
	require.NoError(t, err)
	unpacked, err := io.ReadAll(reader)
	require.NoError(t, err)
	plain := w.ask(t, "GET", "/docs/swagger-ui.css", "")
	require.Empty(t, plain.Header().Get("Content-Encoding"))
	require.Equal(t, string(unpacked), plain.Body.String())
	require.Equal(t, "Accept-Encoding", plain.Header().Get("Vary"))
}

// description is the document as far as these tests look.
type description struct {
	OpenAPI string
	Servers []struct{ URL string }
	Paths   map[string]map[string]struct {
		Parameters []struct{ Name, In string }
	}
	Tags []struct{ Name string }
}

func described(t *testing.T, change ...func(*gateway.Config)) (d description) {
	require.NoError(t, json.Unmarshal(newWorld(t, change...).ask(t, "GET", "/openapi.json", "").Body.Bytes(), &d))
	return d
}

func TestOpenAPISaysWhereThisGatewayIs(t *testing.T) {
	require.Equal(t, "/", described(t).Servers[0].URL)
	at := func(c *gateway.Config) { c.PublicURL = "https://shop.example/" }
	require.Equal(t, "https://shop.example", described(t, at).Servers[0].URL)
}

func TestOpenAPIHasASandboxWhereThereIsOne(t *testing.T) {
	shown := func(d description) (all []string) {
		for path := range d.Paths {
			all = append(all, path)
		}
		for _, tag := range d.Tags {
			all = append(all, tag.Name)
		}
		return all
	}
	require.Subset(t, shown(described(t, sandbox)), []string{"/v1/sandbox/clock:advance", "Sandbox"})
	for _, name := range shown(described(t)) {
		require.NotContains(t, strings.ToLower(name), "sandbox")
	}
}

// Every operation of the document is served, and every route is in the document: what the others are, their Allow says.
func TestOpenAPIIsWhatIsServed(t *testing.T) {
	w := newWorld(t, sandbox)
	variable := regexp.MustCompile(`\{([^}]*)\}`)
	served := w.Handler.(*gateway.Handler).Routes()
	for path, item := range described(t, sandbox).Paths {
		for method, operation := range item {
			in := map[string]bool{}
			for _, p := range operation.Parameters {
				in[p.In+" "+p.Name] = true
			}
			for _, v := range variable.FindAllStringSubmatch(path, -1) {
				require.True(t, in["path "+v[1]], path)
			}
			got := w.ask(t, "OPTIONS", variable.ReplaceAllString(path, "order"), "")
			require.Contains(t, got.Header().Get("Allow"), strings.ToUpper(method), path)
			delete(served, strings.ToUpper(method)+" "+variable.ReplaceAllString(path, "{}"))
		}
	}
	require.Empty(t, served, "in the document, too")
}
