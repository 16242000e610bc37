package scenario

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Stream is a stream of server-sent events, as a browser follows it: after a break it comes back and says which event was
// the last.
type Stream struct {
	r      *Runner
	what   string
	events chan map[string]any
	end    context.CancelFunc
}

// Follow opens a stream. The caller has to close it.
func (r *Runner) Follow(who Caller, path string) *Stream {
	ctx, cancel := context.WithCancel(r.ctx)
	s := &Stream{r: r, what: path, events: make(chan map[string]any, 100), end: cancel}
	opened := make(chan struct{}, 1)
	go func() {
		defer close(s.events)
		for last := ""; ctx.Err() == nil; {
			over := s.read(ctx, who, &last, opened)
			if over {
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	select {
	case <-opened:
	case <-time.After(patience):
		cancel()
		r.Fail("GET %s: the stream does not open", path)
	}
	return s
}

// Close ends it.
func (s *Stream) Close() { s.end() }

// read reads one connection to its end, and tells whether there is nothing more to come.
func (s *Stream) read(ctx context.Context, who Caller, last *string, opened chan<- struct{}) (over bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.r.env.URL+s.what, http.NoBody)
	if err != nil {
		return true
	}
	req.Header.Set("Authorization", "Bearer "+who.token)
	req.Header.Set("Accept", "text/event-stream")
	if *last != "" {
		req.Header.Set("Last-Event-ID", *last)
	}
	res, err := (&http.Client{Transport: s.r.env.HTTP.Transport}).Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNoContent {
		return true
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return false
	}
	select {
	case opened <- struct{}{}:
	default:
	}
	id, name := "", ""
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			if name == "" && s.take(ctx, value) {
				*last = id
			}
		case "":
			name = ""
		}
	}
	return false
}

func (s *Stream) take(ctx context.Context, data string) bool {
	var event map[string]any
	if json.Unmarshal([]byte(data), &event) != nil {
		return false
	}
	select {
	case s.events <- event:
		return true
	case <-ctx.Done():
		return false
	}
}

// Await reads until an event is as wanted, for as long as the env allows.
func (s *Stream) Await(what string, wanted func(event map[string]any) bool) map[string]any {
	end := time.After(s.r.env.Soon)
	for {
		select {
		case event, ok := <-s.events:
			if !ok {
				s.r.Fail("%s: the stream has ended", what)
			}
			if wanted(event) {
				s.r.Check(true, "%s", what)
				return event
			}
		case <-end:
			s.r.Check(false, "%s: not on the stream %s after %s", what, s.what, s.r.env.Soon)
		}
	}
}
