// Package importer takes files in over the public REST interface, as any client would: it creates an import, sends the file,
// starts it, and follows it to its end.
package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/id"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Client is somebody who may import. It is safe for concurrent use.
type Client struct {
	// URL is the REST front door, such as "http://127.0.0.1:8080".
	URL string
	// Token is a manager's or an admin's.
	Token string
	// HTTP makes the calls; http.DefaultClient when nil. One with a time limit also limits how long an upload may take.
	HTTP *http.Client
	// Every is how often Follow asks; twice a second when zero.
	Every time.Duration
}

const (
	// callTime is how long an answer may take that is not an upload's.
	callTime = 40 * time.Second
	// maxAnswer is the longest answer that is read, in bytes.
	maxAnswer = 16 << 20
)

// Create creates an import, which then waits for its file, and returns its name.
func (c *Client) Create(ctx context.Context, spec *orderv1.Import) (name string, err error) {
	created := &orderv1.Import{}
	if err := c.ask(ctx, http.MethodPost, "/v1/imports", spec, created); err != nil {
		return "", fmt.Errorf("creating the import: %w", err)
	}
	return created.GetName(), nil
}

// Start starts an import whose file is there.
func (c *Client) Start(ctx context.Context, name string) error {
	if err := c.ask(ctx, http.MethodPost, "/v1/"+name+":start", &orderv1.StartImportRequest{}, &orderv1.Import{}); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	return nil
}

// Cancel calls an import off.
func (c *Client) Cancel(ctx context.Context, name string) error {
	if err := c.ask(ctx, http.MethodPost, "/v1/"+name+":cancel", &orderv1.CancelImportRequest{}, &orderv1.Import{}); err != nil {
		return fmt.Errorf("cancelling %s: %w", name, err)
	}
	return nil
}

// Undo has what an import has brought taken back. That goes on by itself; Follow waits for its end.
func (c *Client) Undo(ctx context.Context, name string) error {
	if err := c.ask(ctx, http.MethodPost, "/v1/"+name+":undo", &orderv1.UndoImportRequest{}, &orderv1.Import{}); err != nil {
		return fmt.Errorf("undoing %s: %w", name, err)
	}
	return nil
}

// Get is how an import stands.
func (c *Client) Get(ctx context.Context, name string) (*orderv1.Import, error) {
	found := &orderv1.Import{}
	if err := c.ask(ctx, http.MethodGet, "/v1/"+name, nil, found); err != nil {
		return nil, fmt.Errorf("looking at %s: %w", name, err)
	}
	return found, nil
}

// maxPage is how many faults a page holds at most.
const maxPage = 1000

// Faults are the first rows that could not be read, up to a limit.
func (c *Client) Faults(ctx context.Context, name string, limit int) ([]*orderv1.ImportFault, error) {
	var all []*orderv1.ImportFault
	for token := ""; len(all) < limit; {
		page := &orderv1.ListImportFaultsResponse{}
		query := url.Values{"pageSize": {fmt.Sprint(min(limit-len(all), maxPage))}, "pageToken": {token}}
		if err := c.ask(ctx, http.MethodGet, "/v1/"+name+"/faults?"+query.Encode(), nil, page); err != nil {
			return nil, fmt.Errorf("listing the faults of %s: %w", name, err)
		}
		all = append(all, page.GetImportFaults()...)
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	return all, nil
}

// ask makes a call in JSON.
func (c *Client) ask(ctx context.Context, method, path string, request, answer proto.Message) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var body io.Reader
	if request != nil {
		text, err := protojson.Marshal(request)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	r, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	if request != nil {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", id.New())
	}
	return c.do(r, answer)
}

func (c *Client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.URL, "/")+path, body)
	if err != nil {
		return nil, err
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	return r, nil
}

// do sends a request and reads its answer.
func (c *Client) do(r *http.Request, answer proto.Message) error {
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return c.unreached(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return c.unreached(err)
	}
	if res.StatusCode != http.StatusOK {
		return newError(res.StatusCode, text)
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s is not Kept, or of another version: %w", c.URL, err)
	}
	return nil
}

// unreached says that there is no answer. The address is said once, not with each call's path.
func (c *Client) unreached(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return fmt.Errorf("no answer from %s: %w", c.URL, err)
}
