package gateway

import (
	"embed"
	"fmt"
	"net/http"
	"sync"
)

// page is what the gateway serves itself.
type page struct {
	kind    string // its content type
	policy  string // its content security policy, where it is not the closed one
	body    []byte
	made    func() ([]byte, error) // makes the body when it is first asked for
	packed  func() ([]byte, error) // has the body compressed
	handler http.Handler           // serves instead of the body
	post    func(*exchange) error  // answers POST, and nothing else
	measure *measure
}

//go:embed page
var files embed.FS

// documentPolicy lets a page load what lies beside it, and nothing else.
const documentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func newPages(config Config, measures *measures) (map[string]*page, error) {
	pages, err := docs()
	if err != nil {
		return nil, err
	}
	pages["/healthz"] = &page{kind: "application/json", body: []byte(`{"status":"SERVING"}`)}
	pages["/openapi.json"] = &page{kind: "application/json", made: sync.OnceValues(func() ([]byte, error) { // most are never asked
		return describe(config.OpenAPI, config.PublicURL, config.Sandbox)
	})}
	for path, file := range map[string]struct{ name, kind string }{
		"/":              {"root.html", "text/html; charset=utf-8"},
		"/docs":          {"docs.html", "text/html; charset=utf-8"},
		"/docs/docs.js":  {"docs.js", "text/javascript; charset=utf-8"},
		"/docs/docs.css": {"docs.css", "text/css; charset=utf-8"},
		"/action.css":    {"action.css", "text/css; charset=utf-8"},
	} {
		body, err := files.ReadFile("page/" + file.name)
		if err != nil {
			return nil, fmt.Errorf("reading a page: %w", err)
		}
		pages[path] = &page{kind: file.kind, policy: documentPolicy, body: body}
	}
	pages["/docs"].policy = docsPolicy
	pages[ticketsPath] = &page{post: (*exchange).issueTicket}
	if config.JWKS != nil {
		pages["/.well-known/jwks.json"] = &page{handler: config.JWKS}
	}
	for path, p := range pages {
		p.measure = measures.of(path)
	}
	return pages, nil
}

func (p *page) serve(x *exchange) {
	if err := p.answer(x); err != nil {
		x.fail(err)
	}
}

func (p *page) answer(x *exchange) error {
	switch {
	case p.post != nil && x.r.Method != http.MethodPost:
		return x.otherMethod([]string{http.MethodPost})
	case p.post != nil:
		return p.post(x)
	case x.r.Method != http.MethodGet && x.r.Method != http.MethodHead:
		return x.otherMethod([]string{http.MethodGet})
	}
	return p.show(x)
}

func (p *page) show(x *exchange) error {
	if p.handler != nil {
		p.handler.ServeHTTP(x, x.r)
		return nil
	}
	body, err := p.content(x)
	if err != nil {
		return err
	}
	h := x.Header()
	h.Set("Content-Type", p.kind)
	h.Set("Cache-Control", "no-cache")
	if p.policy != "" {
		h.Set("Content-Security-Policy", p.policy)
		h.Set("Referrer-Policy", "no-referrer")
	}
	_, _ = x.Write(body) // into memory
	return nil
}

func (p *page) content(x *exchange) ([]byte, error) {
	switch {
	case p.made != nil:
		return p.made()
	case p.packed != nil:
		body, err := p.packed()
		if err != nil {
			return nil, err
		}
		if !x.takesGzip() {
			return unpacked(body)
		}
		x.Header().Set("Content-Encoding", "gzip")
		return body, nil
	}
	return p.body, nil
}
