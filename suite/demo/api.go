package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/id"
)

// api is the REST interface, as the owner calls it.
type api struct {
	url, token string
	http       *http.Client
}

// get reads. The query is pairs of a field and its value.
func (a *api) get(ctx context.Context, answer proto.Message, path string, query ...string) error {
	return a.call(ctx, http.MethodGet, address(path, query...), nil, answer)
}

// post changes something.
func (a *api) post(ctx context.Context, answer proto.Message, path, body string) error {
	return a.call(ctx, http.MethodPost, path, []byte(body), answer)
}

// address is a path with a query.
func address(path string, query ...string) string {
	if len(query) == 0 {
		return path
	}
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	return path + "?" + values.Encode()
}

func (a *api) call(ctx context.Context, method, path string, body []byte, answer proto.Message) error {
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", id.New())
	}
	res, err := a.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %w", method, path, &refusal{res.StatusCode, string(text)})
	}
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, answer)
}

// refusal is an answer that is none.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%d %s: %s", r.status, http.StatusText(r.status), r.text)
}
