package peer

import (
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// headers are what a handler says beside its response. It is what grpc.SetHeader, SendHeader and SetTrailer find in
// the handler's context.
type headers struct {
	method string

	mu      sync.Mutex
	header  metadata.MD
	trailer metadata.MD
	sent    bool
	ended   bool
	onSend  chan struct{} // closed when the header is sent; nil for a unary call, whose caller waits for the end
}

var _ grpc.ServerTransportStream = (*headers)(nil)

func (h *headers) Method() string { return h.method }

func (h *headers) SetHeader(md metadata.MD) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.set(md)
}

func (h *headers) SendHeader(md metadata.MD) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.set(md); err != nil {
		return err
	}
	h.send()
	return nil
}

func (h *headers) SetTrailer(md metadata.MD) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return errHeaderSent()
	}
	if err := check(md); err != nil {
		return err
	}
	h.trailer = join(h.trailer, md)
	return nil
}

// flush sends the header unless it is sent: the first message and the end of a call do.
func (h *headers) flush() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.sent {
		h.send()
	}
}

// end hands over what was set. Nothing can be set from then on.
func (h *headers) end() (header, trailer metadata.MD) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.sent {
		h.send()
	}
	h.ended = true
	return h.header, h.trailer
}

// current is the header as the client sees it: nothing until it is sent.
func (h *headers) current() metadata.MD {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.sent {
		return nil
	}
	return h.header.Copy()
}

func (h *headers) set(md metadata.MD) error {
	if h.sent {
		return errHeaderSent()
	}
	if err := check(md); err != nil {
		return err
	}
	h.header = join(h.header, md)
	return nil
}

func (h *headers) send() {
	h.sent = true
	if h.onSend != nil {
		close(h.onSend)
	}
}

func check(md metadata.MD) error {
	for key, values := range md {
		if err := checkPair(key, values); err != nil {
			return status.Error(codes.Internal, err.Error())
		}
	}
	return nil
}

// join adds a copy of md, without the keys that belong to the wire.
func join(to, md metadata.MD) metadata.MD {
	for key, values := range md {
		if len(values) == 0 || reserved(key) {
			continue
		}
		if to == nil {
			to = make(metadata.MD, len(md))
		}
		key = strings.ToLower(key)
		to[key] = append(to[key], values...)
	}
	return to
}

func errHeaderSent() error {
	return status.Error(codes.Internal, "the headers or the trailers were already sent")
}
