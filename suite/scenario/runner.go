// Package scenario plays the stories over the public REST interface, as any client would, and checks what the customer,
// the agent and the manager each see. It knows nothing of the shape that it plays against.
package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/id"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Environment is where a story is played.
type Environment struct {
	// URL is the REST front door.
	URL string
	// Token makes a caller's token.
	Token func(access.Principal) (string, error)
	HTTP  *http.Client
	// Soon is within what time others take up what has happened; two seconds when zero.
	Soon time.Duration
	// Mails are those that have come for an e-mail address, the first first.
	Mails func(address string) []Mail
	// Kills says that processes die meanwhile: then a mail may end as unknown, and not have come.
	Kills bool
	// Narrate hears what the customer, an agent and the manager see, and what happens; nobody does when nil.
	Narrate func(who, text string)
}

// Mail is a mail that has come.
type Mail struct {
	ID, Subject, Text string
}

// Story is a story with its number, such as "S07".
type Story struct {
	Number, Title string
	Run           func(*Runner)
	// Days says that it moves time by more than a day, which others that are under way may not survive.
	Days bool
}

// Stories are all that can be played.
func Stories() []Story {
	return []Story{
		{Number: "S01", Title: "Cancelled in silence", Run: S01},
		{Number: "S02", Title: "The template that answers nothing", Run: S02},
		{Number: "S07", Title: "Promised in 24 hours, came in 20 days", Run: S07, Days: true},
		{Number: "S08", Title: "The letter nobody answered", Run: S08, Days: true},
		{Number: "S10", Title: "Three channels, one customer", Run: S10},
		{Number: "S16", Title: "Whoever calls is known", Run: S16},
		{Number: "S53", Title: "At work within an hour", Run: S53},
	}
}

// Run plays a story and returns how many checks it made. The error is the first check that failed.
func Run(ctx context.Context, env Environment, story Story) (checks int, err error) {
	if env.Soon == 0 {
		env.Soon = 2 * time.Second
	}
	r := &Runner{ctx: ctx, env: env, Tag: id.New()[24:]}
	err = r.attempt(func() {
		story.Run(r)
		r.verifyLedger()
	})
	for _, restore := range r.restores {
		err = errors.Join(err, r.attempt(restore))
	}
	return r.checks, err
}

// attempt returns the first check of do that failed.
func (r *Runner) attempt(do func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			f, ok := v.(failure)
			if !ok {
				panic(v)
			}
			err = f.err
		}
	}()
	do()
	return nil
}

// Restore has something done at the end, however the story ends: settings of the whole company go back to what they were.
func (r *Runner) Restore(do func()) { r.restores = append(r.restores, do) }

// verifyLedger checks that the ledger adds up, whatever the story was.
func (r *Runner) verifyLedger() {
	proof := r.Get(r.As(accessv1.Role_ROLE_ADMIN, "admins/owner"), "/v1/programs/main:verifyLedger").OK()
	r.Equal("true 0", proof.Text("balanced")+" "+proof.Text("postingSum"), "the ledger is proven")
}

type failure struct{ err error }

// Runner plays one story.
type Runner struct {
	ctx    context.Context
	env    Environment
	checks int
	// restores are what is done at the end.
	restores []func()
	// Tag is part of the ids that the play chooses, so that it can be played again on the same data.
	Tag string
}

// Fail ends the play.
func (r *Runner) Fail(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

// Check counts a check, and ends the play if it does not hold.
func (r *Runner) Check(holds bool, what string, args ...any) {
	r.checks++
	if !holds {
		r.Fail("check %d: %s", r.checks, fmt.Sprintf(what, args...))
	}
}

// Equal checks that something is what it should be.
func (r *Runner) Equal(want, got any, what string) {
	r.Check(reflect.DeepEqual(want, got), "%s: want %v, got %v", what, want, got)
}

// Caller is somebody who calls, with their token.
type Caller struct {
	Name  string
	token string
}

// As makes somebody of the role: "agents/anna", "customers/…".
func (r *Runner) As(role accessv1.Role, name string) Caller {
	raw, err := r.env.Token(access.Principal{Role: role, Subject: name})
	if err != nil {
		r.Fail("token for %s: %v", name, err)
	}
	return Caller{name, raw}
}

// Answer is what came back.
type Answer struct {
	r      *Runner
	what   string
	Status int
	Header http.Header
	Body   map[string]any
}

// Get reads.
func (r *Runner) Get(who Caller, path string, query ...string) Answer {
	if len(query) > 0 {
		values := url.Values{}
		for i := 0; i < len(query); i += 2 {
			values.Set(query[i], query[i+1])
		}
		path += "?" + values.Encode()
	}
	return r.call(who, http.MethodGet, path, nil, "")
}

// Post sends a change under a key of its own, as a careful client does.
func (r *Runner) Post(who Caller, path string, body any) Answer {
	return r.call(who, http.MethodPost, path, body, id.New())
}

// PostKeyed sends a change under the given idempotency key.
func (r *Runner) PostKeyed(who Caller, key, path string, body any) Answer {
	return r.call(who, http.MethodPost, path, body, key)
}

// Patch sends a change of some fields, under a key of its own.
func (r *Runner) Patch(who Caller, path string, body any) Answer {
	return r.call(who, http.MethodPatch, path, body, id.New())
}

// patience is how long a call is tried again while something behind the front door is away: clients are told to.
const patience = 60 * time.Second

func (r *Runner) call(who Caller, method, path string, body any, key string) Answer {
	for end := time.Now().Add(patience); ; {
		a, err := r.once(who, method, path, body, key)
		away := err != nil || a.Status == http.StatusServiceUnavailable || a.Status == http.StatusGatewayTimeout
		if !away {
			return a
		}
		if time.Now().After(end) || r.ctx.Err() != nil {
			r.Fail("%s %s: status %d, %v, %v", method, path, a.Status, a.Body, err)
		}
		select {
		case <-r.ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (r *Runner) once(who Caller, method, path string, body any, key string) (Answer, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return Answer{}, err
		}
		content = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(r.ctx, method, r.env.URL+path, content)
	if err != nil {
		return Answer{}, err
	}
	if who.token != "" {
		req.Header.Set("Authorization", "Bearer "+who.token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := r.env.HTTP.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	a := Answer{r: r, what: method + " " + path, Status: res.StatusCode, Header: res.Header}
	numbers := json.NewDecoder(res.Body)
	numbers.UseNumber()
	return a, numbers.Decode(&a.Body)
}

// OK checks that the call succeeded, and returns its answer.
func (a Answer) OK() Answer {
	a.r.Check(a.Status == http.StatusOK, "%s: status %d: %v", a.what, a.Status, a.Body["message"])
	return a
}

// Refused checks that the call was refused with the status and the reason.
func (a Answer) Refused(status int, reason string) {
	a.r.Check(a.Status == status && a.reason() == reason, "%s: want %d %s, got %d %s (%v)",
		a.what, status, reason, a.Status, a.reason(), a.Body["message"])
}

func (a Answer) reason() string {
	details, _ := a.Body["details"].([]any)
	for _, d := range details {
		if info, ok := d.(map[string]any); ok && info["reason"] != nil {
			return fmt.Sprint(info["reason"])
		}
	}
	return ""
}

// Text is a field of the answer, by its path.
func (a Answer) Text(path ...string) string {
	var v any = a.Body
	for _, step := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = m[step]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// Time is a field of the answer that is a moment.
func (a Answer) Time(field string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, a.Text(field))
	if err != nil {
		a.r.Fail("%s: %s is no time: %v", a.what, field, err)
	}
	return t
}

// List is a field of the answer that is a list of objects.
func (a Answer) List(field string) []map[string]any {
	raw, _ := a.Body[field].([]any)
	out := make([]map[string]any, len(raw))
	for i, v := range raw {
		out[i], _ = v.(map[string]any)
	}
	return out
}

// Soon reads until the answer is as wanted, for as long as the env allows; others take up what happened by then.
func (r *Runner) Soon(what string, read func() Answer, wanted func(Answer) bool) Answer {
	end := time.Now().Add(r.env.Soon)
	for {
		a := read()
		if wanted(a) {
			r.Check(true, "%s", what)
			return a
		}
		if time.Now().After(end) {
			r.Check(false, "%s: not so after %s: %d %v", what, r.env.Soon, a.Status, a.Body)
		}
		select {
		case <-r.ctx.Done():
			r.Fail("%s: %v", what, r.ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Advance moves the sandbox's clock and waits until everything until then has happened. The clock keeps what a try
// that was cut short has moved already, so the target is a moment and not a length.
func (r *Runner) Advance(admin Caller, d time.Duration) {
	target := r.Get(admin, "/v1/sandbox/clock").Time("currentTime").Add(d)
	for end := time.Now().Add(patience); ; {
		left := max(0, target.Sub(r.Get(admin, "/v1/sandbox/clock").Time("currentTime")))
		length := map[string]any{"duration": fmt.Sprintf("%.6fs", left.Seconds())}
		a, err := r.once(admin, http.MethodPost, "/v1/sandbox/clock:advance", length, id.New())
		if err == nil && a.Status == http.StatusOK {
			r.Check(!a.Time("currentTime").Before(target.Add(-time.Millisecond)), "the clock has moved")
			r.narrateClock(d, a)
			return
		}
		if time.Now().After(end) {
			r.Fail("the clock cannot be moved: status %d, %v, %v", a.Status, a.Body, err)
		}
	}
}
