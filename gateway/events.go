package gateway

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// Header values of streams. The slices are never written to.
var (
	inEvents     = []string{"text/event-stream"}
	notChanged   = []string{"no-store, no-transform"} // a proxy that compresses would hold events back
	notBuffered  = []string{"no"}
	reconnection = "retry: " + strconv.FormatInt(soon.Milliseconds(), 10) + "\n\n"
)

// eventWriter writes server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each at once.
type eventWriter struct {
	x       *exchange
	control *http.ResponseController
}

func newEventWriter(x *exchange) *eventWriter {
	return &eventWriter{x: x, control: http.NewResponseController(x.w)}
}

// begin sends the header, from which the client knows that it is on the stream. After that there is no other answer.
func (w *eventWriter) begin() error {
	x := w.x
	if x.sent {
		return nil
	}
	h := x.Header()
	h["Content-Type"], h["Cache-Control"], h["X-Accel-Buffering"] = inEvents, notChanged, notBuffered
	x.status, x.sent, x.took = http.StatusOK, true, time.Since(x.began)
	x.w.WriteHeader(x.status)
	return w.send(append(x.output[:0], reconnection...))
}

// message sends a message, with its name for the event's id.
func (w *eventWriter) message(m protoreflect.Message) error {
	if err := w.begin(); err != nil {
		return err
	}
	x := w.x
	to := x.output[:0]
	if name := m.Descriptor().Fields().ByName("name"); name != nil {
		if id := m.Get(name).String(); id != "" && !strings.ContainsAny(id, "\r\n\x00") {
			to = append(append(append(to, "id: "...), id...), '\n')
		}
	}
	to, err := x.g.encoder.append(append(to, "data: "...), m)
	if err != nil {
		return w.failure(err)
	}
	return w.send(append(to, "\n\n"...))
}

// failure sends what went wrong, as the last event.
func (w *eventWriter) failure(err error) error {
	to := append(w.x.output[:0], "event: error\ndata: "...)
	return w.send(append(w.x.problem(err).appendStatus(to), "\n\n"...))
}

// end says that nothing more will come, so that the client need not come back.
func (w *eventWriter) end() error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.send(append(w.x.output[:0], "event: end\ndata: {}\n\n"...))
}

// beat says nothing.
func (w *eventWriter) beat() error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.send(append(w.x.output[:0], ":\n\n"...))
}

// send waits while the client does not read, and fails when it is gone.
func (w *eventWriter) send(text []byte) error {
	w.x.output = text
	if w.x.g.streams.draining.Err() == nil {
		w.expire(unread)
	}
	if _, err := w.x.w.Write(text); err != nil {
		return err
	}
	return w.control.Flush()
}

// expire gives up on writing after a time. Writers that can't, such as tests', are left to block.
func (w *eventWriter) expire(after time.Duration) {
	_ = w.control.SetWriteDeadline(time.Now().Add(after))
}

// rest lets the connection be used for the next request.
func (w *eventWriter) rest() { _ = w.control.SetWriteDeadline(time.Time{}) }
