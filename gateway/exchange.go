package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// exchange is one request and its answer. It is the http.ResponseWriter that the generated handlers write to: the
// answer is held until it is whole, so that its length is known, it may be compressed, and a fault that shows late
// can still become an error. Exchanges are reused.
type exchange struct {
	g       *Handler
	w       http.ResponseWriter
	r       *http.Request
	began   time.Time
	id      string          // the request's id
	ctx     context.Context // of the request and its span
	span    trace.Span
	route   *route
	measure *measure

	query url.Values // checked against the contract
	input []byte     // the request's body
	fault error      // what was wrong with it

	maskMade bool // the update's mask is made from the body

	idempotencyKey []string  // the header, checked
	authorization  []string  // the header, checked, or what a ticket has in its place
	anonymous      bool      // nobody is known to call
	tokenUntil     time.Time // when the caller's token expires; zero where that is not known
	whole          bool      // the body has come to its end

	status int
	output []byte        // the answer's body
	sent   bool          // the answer is a stream, and on its way
	took   time.Duration // until it was
}

// keep is the largest buffer that is kept for the next request.
const keep = 64 << 10

func begin(g *Handler, w http.ResponseWriter, r *http.Request) *exchange {
	x, ok := g.exchanges.Get().(*exchange)
	if !ok {
		x = new(exchange)
	}
	x.g, x.w, x.r, x.began = g, w, r, time.Now()
	x.measure = g.measures.unmatched
	h := w.Header()
	x.id = requestID(r.Header)
	h["X-Request-Id"] = []string{x.id}
	h["X-Content-Type-Options"] = noSniff
	h["Content-Security-Policy"] = closedPolicy
	h["Cache-Control"] = noStore
	if r.TLS != nil {
		h["Strict-Transport-Security"] = onlyTLS
	}
	return x
}

// Header values that all answers share. The slices are never written to.
var (
	noSniff      = []string{"nosniff"}
	closedPolicy = []string{"default-src 'none'; frame-ancestors 'none'"}
	noStore      = []string{"no-store"}
	onlyTLS      = []string{"max-age=31536000; includeSubDomains"}
	inJSON       = []string{"application/json"}
)

func (x *exchange) Header() http.Header { return x.w.Header() }

func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
}

func (x *exchange) Write(b []byte) (int, error) {
	x.WriteHeader(http.StatusOK)
	x.output = append(x.output, b...)
	return len(b), nil
}

// end sends the answer, or what became of it when the handler panicked.
func (x *exchange) end() {
	if fault := recover(); fault != nil {
		if fault == http.ErrAbortHandler {
			panic(fault)
		}
		x.g.config.Log.ErrorContext(x.r.Context(), "panic in a handler", slog.String("request_id", x.id),
			slog.String("panic", fmt.Sprint(fault)), slog.String("stack", string(debug.Stack())))
		x.status, x.output = 0, x.output[:0]
		x.fail(fmt.Errorf("panic: %v", fault))
	}
	x.send()
	x.observe()
	x.reuse()
}

// send writes the answer to the client. Writing fails only when the client is gone.
func (x *exchange) send() {
	if x.sent {
		return
	}
	if x.status == 0 {
		x.status = http.StatusOK
	}
	h := x.w.Header()
	if x.r.ContentLength != 0 && !x.whole { // the answer goes out now, and what else comes is not waited for
		h.Set("Connection", "close")
	}
	body := x.output
	if compressed := x.compress(); compressed != nil {
		defer compressed.free()
		body = compressed.Bytes()
	}
	if x.status != http.StatusNoContent && x.status != http.StatusNotModified {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	x.expectReading(len(body))
	x.w.WriteHeader(x.status)
	if len(body) > 0 && x.r.Method != http.MethodHead {
		_, _ = x.w.Write(body)
	}
}

// expectReading gives the client the time that its answer takes at the least rate: one that does not read must not hold its
// connection and the answer's memory for ever. The server lifts the limit when the answer has gone out. Writers that have no
// deadlines, such as tests', are left as they are.
func (x *exchange) expectReading(bytes int) {
	limit := answerPatience + time.Duration(bytes)*time.Second/leastRate
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(limit))
}

func (x *exchange) reuse() {
	g, input, output := x.g, x.input[:0], x.output[:0]
	*x = exchange{}
	if cap(input) <= keep {
		x.input = input
	}
	if cap(output) <= keep {
		x.output = output
	}
	g.exchanges.Put(x)
}

// call hands the request to the generated handler. It sees the method, the path's values, the checked query and the
// body, and no header at all: what services may know of the headers is in the outgoing metadata already.
func (x *exchange) call(params map[string]string) {
	if x.route.streams {
		if err := x.stream(params); err != nil {
			x.fail(err)
		}
		return
	}
	ctx := x.outgoing()
	if !x.route.patient {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.g.config.Timeout)
		defer cancel()
	}
	if x.route.own() {
		if err := x.invoke(ctx, params); err != nil {
			x.fail(err)
		}
		return
	}
	r := x.r.WithContext(ctx)
	r.Header, r.Host, r.RemoteAddr, r.Body = nil, "", "", nil
	r.Form, r.PostForm = x.query, x.query // parsed: the generated code does not parse it again
	if x.route.body != "" {
		r.Body = (*content)(x)
	}
	x.route.handler(x, r, params)
}
