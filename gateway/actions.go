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
	if err := x.readKey(); err != nil {
		x.fail(err)
		return
	}
	ctx, cancel := context.WithTimeout(x.outgoing(), x.g.config.Timeout)
	defer cancel()
	var p actionPage
	switch name := "actions/" + token; {
	case x.r.Method != http.MethodGet && x.r.Method != http.MethodHead && x.r.Method != http.MethodPost:
		if err := x.otherMethod([]string{http.MethodGet, http.MethodPost}); err != nil {
			x.fail(err)
		}
		return
	case !actionToken.MatchString(token):
		p = unknownLinkPage(preferred(x.r.Header["Accept-Language"]))
	case x.r.Method == http.MethodPost:
		p = a.take(ctx, x, name)
	default:
		p = a.view(ctx, x, name)
	}
	a.show(x, p)
}

// view shows where the action stands.
func (a *actions) view(ctx context.Context, x *exchange, name string) actionPage {
	action, err := a.client.GetAction(ctx, &notificationv1.GetActionRequest{Name: name})
	if err != nil {
		return x.errorPage(err)
	}
	return pageOf(action)
}

// take does what the link says, and shows what came of it. Why it could not be done, the action itself tells best.
func (a *actions) take(ctx context.Context, x *exchange, name string) actionPage {
	action, err := a.client.TakeAction(ctx, &notificationv1.TakeActionRequest{Name: name})
	if err == nil {
		return pageOf(action)
	}
	if status.Code(err) != codes.FailedPrecondition {
		return x.errorPage(err)
	}
	p := a.view(ctx, x, name)
	if p.Label != "" { // it seems that it could be taken, and yet it could not
		return refusedPage(p.Language)
	}
	return p
}

// errorPage is what a caller sees of an error that tells nothing of the action. The link's token is not logged.
func (x *exchange) errorPage(err error) actionPage {
	language := preferred(x.r.Header["Accept-Language"])
	switch code := status.Code(err); code {
	case codes.NotFound, codes.InvalidArgument:
		return unknownLinkPage(language)
	default:
		x.g.config.Log.WarnContext(x.ctx, "an action could not be reached", slog.String("request_id", x.id), slog.String("code", code.String()))
		return unavailablePage(language)
	}
}

// show renders the page.
func (a *actions) show(x *exchange, p actionPage) {
	h := x.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Language)
	h.Set("Content-Security-Policy", actionPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	if p.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", strconv.Itoa(int(time.Minute.Seconds())))
	}
	x.WriteHeader(p.status)
	if err := a.page.Execute(x, p); err != nil {
		x.status = 0
		x.fail(err)
	}
}
