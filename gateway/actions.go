package gateway

import (
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

const (
	// actionsPath begins the links in messages; the action's token follows.
	actionsPath = "/a/"
	// actionPolicy lets the page have its style and its one form.
	actionPolicy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

var actionToken = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,500}$`)

// actions are the pages behind the links in messages. Looking at one changes nothing, since mail scanners follow every link;
// its button sends a POST, which does.
type actions struct {
	client  notificationv1.ActionServiceClient
	page    *template.Template
	measure *measure
}

func newActions(conn grpc.ClientConnInterface, measures *measures) (*actions, error) {
	page, err := template.ParseFS(files, "page/action.html")
	if err != nil {
		return nil, fmt.Errorf("reading the page of actions: %w", err)
	}
	return &actions{notificationv1.NewActionServiceClient(conn), page, measures.of(actionsPath + "{token}")}, nil
}

// serve answers whatever comes for a link.
func (a *actions) serve(x *exchange, token string) {
	x.measure = a.measure
	x.startSpan()
	ctx, cancel := context.WithTimeout(x.outgoing(), x.g.config.Timeout)
	defer cancel()
	var s sight
	switch name := "actions/" + token; {
	case x.r.Method != http.MethodGet && x.r.Method != http.MethodHead && x.r.Method != http.MethodPost:
		if err := x.otherMethod([]string{http.MethodGet, http.MethodPost}); err != nil {
			x.fail(err)
		}
		return
	case !actionToken.MatchString(token):
		s = unknownSight(preferred(x.r.Header["Accept-Language"]))
	case x.r.Method == http.MethodPost:
		s = a.take(ctx, x, name)
	default:
		s = a.look(ctx, x, name)
	}
	a.show(x, s)
}

// look shows where the action stands.
func (a *actions) look(ctx context.Context, x *exchange, name string) sight {
	action, err := a.client.GetAction(ctx, &notificationv1.GetActionRequest{Name: name})
	if err != nil {
		return x.faultSight(err)
	}
	return newSight(action)
}

// take does what the link says, and shows what came of it. Why it could not be done, the action itself tells best.
func (a *actions) take(ctx context.Context, x *exchange, name string) sight {
	action, err := a.client.TakeAction(ctx, &notificationv1.TakeActionRequest{Name: name})
	if err == nil {
		return newSight(action)
	}
	if status.Code(err) != codes.FailedPrecondition {
		return x.faultSight(err)
	}
	s := a.look(ctx, x, name)
	if s.Label != "" { // it seems that it could be taken, and yet it could not
		return refusedSight(s.Language)
	}
	return s
}

// faultSight is what a caller sees of an error that tells nothing of the action. The link's token is not logged.
func (x *exchange) faultSight(err error) sight {
	language := preferred(x.r.Header["Accept-Language"])
	switch code := status.Code(err); code {
	case codes.NotFound, codes.InvalidArgument:
		return unknownSight(language)
	default:
		x.g.config.Log.WarnContext(x.ctx, "an action could not be reached", slog.String("request_id", x.id), slog.String("code", code.String()))
		return laterSight(language)
	}
}

// show renders the page.
func (a *actions) show(x *exchange, s sight) {
	h := x.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", s.Language)
	h.Set("Content-Security-Policy", actionPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	if s.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", strconv.Itoa(int(time.Minute.Seconds())))
	}
	x.WriteHeader(s.status)
	if err := a.page.Execute(x, s); err != nil {
		x.status = 0
		x.fail(err)
	}
}
