package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
)

// ask asks the host for something, with pairs of names and values. It works in the cluster's namespaces, too: a socket's file is reached
// wherever the folder is.
func (c *cluster) ask(ctx context.Context, what string, pairs ...string) error {
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		query.Add(pairs[i], pairs[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", c.control())
	}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://host"+what+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return errors.Join(errDown, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(string(text))
	}
	return err
}

// load gives images to every node.
func (c *cluster) load(ctx context.Context, archives []string) error {
	var pairs []string
	for _, archive := range archives {
		path, err := filepath.Abs(archive)
		if err != nil {
			return err
		}
		pairs = append(pairs, "archive", path)
	}
	return c.ask(ctx, "/load", pairs...)
}

// serve answers what is asked, until the host is killed.
func (h *host) serve() error {
	listener, err := net.Listen("unix", h.control())
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	answer := func(path string, do func(context.Context, url.Values) error) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			if err := do(context.WithoutCancel(r.Context()), r.URL.Query()); err != nil {
				w.WriteHeader(http.StatusInternalServerError)
				fmt.Fprint(w, err)
			}
		})
	}
	answer("/load", func(ctx context.Context, query url.Values) error { return h.loadAll(ctx, query["archive"]) })
	answer("/node", func(ctx context.Context, query url.Values) error {
		return h.power(ctx, query.Get("do"), query.Get("name"))
	})
	return http.Serve(listener, mux)
}
