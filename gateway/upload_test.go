package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"kept.dev/gateway"
	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const (
	content  = "/v1/imports/0190/content"
	partSize = 256 << 10
)

// writing is how the fake service answers a WriteImportContent.
type writing func(context.Context, *orderv1.WriteImportContentRequest) (*orderv1.WriteImportContentResponse, error)

func (b *backend) WriteImportContent(
	ctx context.Context, r *orderv1.WriteImportContentRequest,
) (*orderv1.WriteImportContentResponse, error) {
	b.mu.Lock()
	write := b.write
	b.mu.Unlock()
	if write == nil {
		return &orderv1.WriteImportContentResponse{ContentSize: r.GetOffset() + int64(len(r.GetData()))}, nil
	}
	return write(ctx, r)
}

// shelf is where a fake service puts files: as the real one does, part after part or from the beginning. Of a file it keeps
// the hash and the size.
type shelf struct {
	mu    sync.Mutex
	files map[string]*onShelf
}

type onShelf struct {
	hash  hash.Hash
	size  int64
	parts int
}

func (s *shelf) write(_ context.Context, r *orderv1.WriteImportContentRequest) (*orderv1.WriteImportContentResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = map[string]*onShelf{}
	}
	f := s.files[r.GetName()]
	if f == nil || r.GetOffset() == 0 {
		f = &onShelf{hash: sha256.New()}
		s.files[r.GetName()] = f
	}
	if n := len(r.GetData()); n == 0 || n > partSize {
		return nil, errs.Invalid("data", "must have 1 to %d bytes", partSize)
	}
	if r.GetOffset() != f.size {
		return nil, errs.Invalid("offset", "the content has %d bytes", f.size)
	}
	_, _ = f.hash.Write(r.GetData())
	f.size += int64(len(r.GetData()))
	f.parts++
	return &orderv1.WriteImportContentResponse{ContentSize: f.size}, nil
}

func (s *shelf) holds(t *testing.T, name string, want []byte) {
	t.Helper()
	sum := sha256.Sum256(want)
	require.Equal(t, int64(len(want)), s.files[name].size)
	require.Equal(t, sum[:], s.files[name].hash.Sum(nil), name)
}

// newShelf gives the order service a shelf.
func newShelf(w *world) *shelf {
	s := &shelf{}
	w.order.set(func(b *backend) { b.write = s.write })
	return s
}

// noise is bytes that are not text.
func noise(size int, seed byte) []byte {
	source := rand.NewChaCha8([32]byte{seed})
	b := make([]byte, size)
	_, _ = source.Read(b)
	return b
}

// put sends a file over the network.
func put(t *testing.T, client *http.Client, url string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", "text/csv")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(r)
	require.NoError(t, err)
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res, string(text)
}

func TestAFileArrivesAsItIs(t *testing.T) {
	for place, w := range both(t) {
		s := newShelf(w)
		base, client := serve(t, w)
		for _, size := range []int{1, partSize - 1, partSize, partSize + 1, 3*partSize + 5} {
			file := noise(size, 1)
			for kind, body := range map[string]io.Reader{"sized": bytes.NewReader(file), "in chunks": unsized{bytes.NewReader(file)}} {
				res, text := put(t, client, base+content, body, "Authorization", bearer, "Idempotency-Key", "k")
				require.Equal(t, 200, res.StatusCode, "%s %s %d: %s", place, kind, size, text)
				require.Equal(t, "application/json", res.Header.Get("Content-Type"))
				require.Equal(t, fmt.Sprintf(`{"contentSize":"%d"}`, size), text)
				require.False(t, res.Close, "the connection is good for more")
				s.holds(t, "imports/0190", file)
				require.Equal(t, (size+partSize-1)/partSize, s.files["imports/0190"].parts)
				require.Equal(t, []string{bearer}, w.order.metadata().Get("authorization"))
				require.Empty(t, w.order.metadata().Get("idempotency-key"), "the parts are many changes")
				require.NotEmpty(t, w.order.metadata().Get("x-request-id"))
			}
		}
	}
}

func TestTypesOfFiles(t *testing.T) {
	for _, kind := range []string{"text/csv", "text/csv; charset=utf-8; header=present", `text/plain; charset="UTF-8"`, "TEXT/CSV",
		"application/octet-stream"} {
		w := newWorld(t)
		got := w.ask(t, "PUT", content, "a,b", "Content-Type", "", "Content-Type", kind, "Content-Encoding", "identity")
		require.Equal(t, 200, got.Code, "%s: %s", kind, got.Body)
		require.Equal(t, "3", got.json()["contentSize"])
	}
}

func TestWhatIsWrongWithAFileIsTold(t *testing.T) {
	csv := []string{"Content-Type", "", "Content-Type", "text/csv"}
	as := func(kind string) []string { return []string{"Content-Type", "", "Content-Type", kind} }
	with := func(headers ...string) []string { return append(headers, csv...) }
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		reason             string
		fields             []string
	}{
		"JSON":            {"PUT", content, "{}", nil, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"a form":          {"PUT", content, "a", as("multipart/form-data; boundary=x"), 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"a workbook":      {"PUT", content, "a", as("application/vnd.ms-excel"), 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"no type":         {"PUT", content, "a", []string{"Content-Type", ""}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"no such type":    {"PUT", content, "a", as("csv"), 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"two types":       {"PUT", content, "a", []string{"Content-Type", "text/csv"}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"other charset":   {"PUT", content, "a", as("text/csv; charset=windows-1251"), 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"compressed":      {"PUT", content, "a", with("Content-Encoding", "gzip"), 415, "UNSUPPORTED_CONTENT_ENCODING", nil},
		"a part":          {"PUT", content, "a", with("Content-Range", "bytes 0-0/7"), 400, "INVALID_REQUEST", []string{"Content-Range"}},
		"a version":       {"PUT", content, "a", with("If-Match", `"1"`), 400, "INVALID_REQUEST", []string{"If-Match"}},
		"a parameter":     {"PUT", content + "?offset=7", "a", csv, 400, "INVALID_REQUEST", []string{"offset"}},
		"two tokens":      {"PUT", content, "a", with("Authorization", "Bearer a", "Authorization", "Bearer b"), 400, "INVALID_REQUEST", []string{"Authorization"}},
		"an empty key":    {"PUT", content, "a", with("Idempotency-Key", ""), 400, "INVALID_REQUEST", []string{"Idempotency-Key"}},
		"empty":           {"PUT", content, "", csv, 400, "INVALID_REQUEST", nil},
		"too large":       {"PUT", content, strings.Repeat("a", 1001), csv, 413, "BODY_TOO_LARGE", nil},
		"read":            {"GET", content, "", nil, 405, "METHOD_NOT_ALLOWED", nil},
		"posted":          {"POST", content, "a", csv, 405, "METHOD_NOT_ALLOWED", nil},
		"no import":       {"PUT", "/v1/imports//content", "a", csv, 404, "PATH_NOT_FOUND", nil},
		"two segments":    {"PUT", "/v1/imports/a/b/content", "a", csv, 404, "PATH_NOT_FOUND", nil},
		"a slash within":  {"PUT", "/v1/imports/a%2Fb/content", "a", csv, 404, "PATH_NOT_FOUND", nil},
		"a slash at end":  {"PUT", content + "/", "a", csv, 404, "PATH_NOT_FOUND", nil},
		"the import":      {"PUT", "/v1/imports/0190", "a", csv, 405, "METHOD_NOT_ALLOWED", nil},
		"all imports":     {"PUT", "/v1/imports/content", "a", csv, 405, "METHOD_NOT_ALLOWED", nil},
		"no UTF-8 in it":  {"PUT", "/v1/imports/%ff/content", "a", csv, 400, "INVALID_REQUEST", nil},
		"another version": {"PUT", "/v2/imports/0190/content", "a", csv, 404, "PATH_NOT_FOUND", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *gateway.Config) { c.MaxUpload = 1000 })
			got := w.ask(t, c.method, c.path, c.body, c.headers...)
			require.Equal(t, c.status, got.Code, got.Body.String())
			require.Equal(t, c.reason, got.reason())
			require.Equal(t, c.fields, got.fields())
			require.Nil(t, w.order.request(), "it must not reach the service")
			if c.reason == "UNSUPPORTED_MEDIA_TYPE" {
				require.Equal(t, "text/csv, text/plain, application/octet-stream", got.Header().Get("Accept"))
				require.Contains(t, got.json()["message"], "text/csv, text/plain, application/octet-stream")
			}
		})
	}
}

func TestMethodsOfContent(t *testing.T) {
	w := newWorld(t, func(c *gateway.Config) { c.CORSOrigins = []string{"https://shop.example"} })
	for _, method := range []string{"GET", "HEAD", "POST", "PATCH", "DELETE", "BREW"} {
		require.Equal(t, 405, w.ask(t, method, content, "").Code, method)
		require.Equal(t, "OPTIONS, PUT", w.ask(t, method, content, "").Header().Get("Allow"))
	}
	got := w.ask(t, "OPTIONS", content, "")
	require.Equal(t, 204, got.Code)
	require.Equal(t, "OPTIONS, PUT", got.Header().Get("Allow"))
	got = w.ask(t, "OPTIONS", content, "", "Origin", "https://shop.example", "Access-Control-Request-Method", "PUT")
	require.Equal(t, 204, got.Code)
	require.Contains(t, got.Header().Get("Access-Control-Allow-Methods"), "PUT")
	got = w.ask(t, "PUT", content, "a", "Content-Type", "", "Content-Type", "text/csv", "Origin", "https://shop.example")
	require.Equal(t, 200, got.Code)
	require.Equal(t, "https://shop.example", got.Header().Get("Access-Control-Allow-Origin"))
}

func TestUploadsAreTracedByTheirRoute(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	w := newWorld(t, func(c *gateway.Config) {
		c.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	})
	require.Equal(t, 200, w.ask(t, "PUT", content, "a", "Content-Type", "", "Content-Type", "text/csv").Code)
	require.Len(t, spans.Ended(), 1)
	require.Equal(t, "PUT /v1/imports/{import}/content", spans.Ended()[0].Name())
	require.Contains(t, w.order.metadata().Get("traceparent")[0], spans.Ended()[0].SpanContext().SpanID().String())
}

func TestUploadsAreDescribed(t *testing.T) {
	var document struct {
		Paths map[string]map[string]struct {
			Tags        []string
			RequestBody struct{ Content map[string]any }
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
		Tags []struct{ Name string }
	}
	w := newWorld(t)
	require.NoError(t, json.Unmarshal(w.ask(t, "GET", "/openapi.json", "").Body.Bytes(), &document))
	upload, ok := document.Paths["/v1/imports/{importId}/content"]["put"]
	require.True(t, ok)
	require.Equal(t, []string{"application/octet-stream", "text/csv", "text/plain"}, slices.Sorted(maps.Keys(upload.RequestBody.Content)))
	require.Contains(t, document.Tags, struct{ Name string }{upload.Tags[0]}, "/docs shows it among its like")
	for field := range w.ask(t, "PUT", content, "a", "Content-Type", "", "Content-Type", "text/csv").json() {
		require.Contains(t, document.Components.Schemas["ImportContent"].Properties, field)
	}
}

// Uploads that run at once do not see each other.
func TestManyFilesAtOnce(t *testing.T) {
	for _, w := range both(t) {
		s := newShelf(w)
		base, client := serve(t, w)
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				for range 3 { // each time anew
					res, text := put(t, client, fmt.Sprintf("%s/v1/imports/%d/content", base, i), unsized{bytes.NewReader(noise(partSize*2+i, byte(i)))})
					if res.StatusCode != 200 {
						t.Errorf("%d %s", res.StatusCode, text)
					}
				}
			})
		}
		group.Wait()
		for i := range 8 {
			s.holds(t, fmt.Sprintf("imports/%d", i), noise(partSize*2+i, byte(i)))
		}
	}
}
