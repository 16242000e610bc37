package gateway

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	// heartbeat is how often a stream without news says that it is still there: proxies give up on silence.
	heartbeat = 15 * time.Second
	// unread is how long a client may leave what it was sent before it counts as gone.
	unread = time.Minute
	// lifetime is when a stream ends, give or take a third, so that its client comes back with a token that is still good,
	// and not all of them at the same moment.
	lifetime = 15 * time.Minute
	// settled is how long after a service's header an answer without events may still become something else than a stream:
	// an error, or nothing.
	settled = 50 * time.Millisecond
	// unheard is how long a service may take for its header before the client is told that it is on the stream.
	unheard = time.Second
)

// stream carries a server-streaming call as server-sent events. Until the first event, or until the service has said that
// it is listening, a fault is an ordinary answer; later it is an event.
func (x *exchange) stream(params map[string]string) error {
	request, err := x.message(params)
	if err != nil {
		return err
	}
	if err := x.resume(request.ProtoReflect()); err != nil {
		return err
	}
	if err := x.g.streams.enter(x.r); err != nil {
		return err
	}
	defer x.g.streams.leave()
	x.countStreams(1)
	defer x.countStreams(-1)

	ctx, cancel := context.WithCancel(x.outgoing())
	f := &feed{x: x, writer: newEventWriter(x), news: make(chan news), opened: make(chan struct{}), gone: ctx.Done()}
	if f.upstream, err = open(ctx, x.route, request); err != nil {
		cancel()
		return err
	}
	go f.read()
	defer func() { // the reader is gone before the exchange is used again
		cancel()
		for range f.news {
		}
	}()
	defer f.writer.rest()
	defer f.hurry()()
	return f.run(ctx)
}

// resume goes on after the event that the client has seen last.
func (x *exchange) resume(request protoreflect.Message) error {
	last, given := x.r.Header["Last-Event-Id"]
	if !given || len(last) == 1 && last[0] == "" {
		return nil
	}
	after := request.Descriptor().Fields().ByName("last_seen")
	if len(last) > 1 || !printable(last[0]) || after == nil {
		return invalidField("Last-Event-ID", "must be the id of an event of this stream")
	}
	request.Set(after, protoreflect.ValueOfString(last[0]))
	return nil
}

// open makes the call.
func open(ctx context.Context, r *route, request proto.Message) (grpc.ClientStream, error) {
	upstream, err := r.conn.NewStream(ctx, &grpc.StreamDesc{StreamName: r.rpc, ServerStreams: true}, r.rpc)
	if err != nil {
		return nil, err
	}
	if err := upstream.SendMsg(request); err != nil && !errors.Is(err, io.EOF) { // after io.EOF receiving tells why
		return nil, err
	}
	return upstream, upstream.CloseSend()
}

// news is what the service said next: a message, or why there are no more.
type news struct {
	message proto.Message
	err     error
}

// feed is one stream on its way from the service to the client. It holds one message at a time: a client that reads slowly
// slows the service down.
type feed struct {
	x        *exchange
	upstream grpc.ClientStream
	writer   *eventWriter
	news     chan news
	opened   chan struct{} // closed when the service has sent its header
	gone     <-chan struct{}
}

// read reads from the service until it ends or nobody wants it any more.
func (f *feed) read() {
	defer close(f.news)
	if _, err := f.upstream.Header(); err == nil {
		close(f.opened)
	}
	for {
		m := f.x.route.output.New().Interface()
		err := f.upstream.RecvMsg(m)
		select {
		case f.news <- news{m, err}:
		case <-f.gone:
			return
		}
		if err != nil {
			return
		}
	}
}

// hurry keeps a client that does not read from holding up the shutdown.
func (f *feed) hurry() (stop func() bool) {
	return context.AfterFunc(f.x.g.streams.draining, func() { f.writer.expire(time.Second) })
}

// run writes what comes until something ends it.
func (f *feed) run(ctx context.Context) error {
	beat, settle, end := time.NewTicker(heartbeat), time.NewTimer(unheard), time.NewTimer(lifetime+rand.N(lifetime/3))
	defer beat.Stop()
	defer settle.Stop()
	defer end.Stop()
	draining := f.x.g.streams.draining.Done()
	for {
		var err error
		select {
		case <-ctx.Done():
			return f.over(status.FromContextError(ctx.Err()).Err())
		case <-draining:
			return f.over(errDraining())
		case <-end.C:
			return nil
		case <-f.opened:
			f.opened = nil
			settle.Reset(settled)
			continue
		case <-settle.C:
			err = f.writer.begin()
		case <-beat.C:
			err = f.writer.beat()
		case n, more := <-f.news:
			if !more { // the reader saw before us that the client is gone
				return f.over(ctx.Err())
			}
			if n.err != nil {
				return f.ended(n.err)
			}
			err = f.writer.message(n.message.ProtoReflect())
		}
		if err != nil || f.x.r.Method == http.MethodHead {
			return f.over(err)
		}
	}
}

// over is how an end looks that is not the service's: an ordinary answer, unless the stream has begun. Then the client just
// comes back.
func (f *feed) over(err error) error {
	if f.x.sent {
		return nil
	}
	return err
}

// ended is how the service's end looks.
func (f *feed) ended(err error) error {
	switch {
	case !errors.Is(err, io.EOF) && !f.x.sent:
		return err
	case !errors.Is(err, io.EOF):
		err = f.writer.failure(err)
	case !f.x.sent && len(f.x.r.Header["Last-Event-Id"]) > 0: // all was seen: browsers come back after any end but this
		f.x.status = http.StatusNoContent
		return nil
	default:
		err = f.writer.end()
	}
	return f.over(err)
}
