package gateway

import (
	"embed"
	"fmt"
	"net/http"
)

// page is what the gateway serves itself.
type page struct {
	kind    string // its content type
	policy  string // its content security policy, where it is not the closed one
	body    []byte
	handler http.Handler          // serves instead of the body
	post    func(*exchange) error // answers POST, and nothing else
	measure *measure
}

//go:embed page
var files embed.FS

// documentPolicy lets a page load what lies beside it, and nothing else.
const documentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func newPages(config Config, measures *measures) (map[string]*page, error) {
	description, err := complete(config.OpenAPI, config.Sandbox)
	if err != nil {
		return nil, err
	}
	pages := map[string]*page{
		"/openapi.json": {kind: "application/json", body: description},
		"/healthz":      {kind: "application/json", body: []byte(`{"status":"SERVING"}`)},
	}
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
	p.show(x)
	return nil
}

func (p *page) show(x *exchange) {
	if p.handler != nil {
		p.handler.ServeHTTP(x, x.r)
		return
	}
	h := x.Header()
	h.Set("Content-Type", p.kind)
	h.Set("Cache-Control", "no-cache")
	if p.policy != "" {
		h.Set("Content-Security-Policy", p.policy)
		h.Set("Referrer-Policy", "no-referrer")
	}
	_, _ = x.Write(p.body) // into memory
}
