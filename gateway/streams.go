package gateway

import (
	"context"
	"net/http"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
)

// streams counts those that are open, and ends them when the server shuts down: it waits for its connections, and a stream's
// would never come to rest.
type streams struct {
	max      int
	draining context.Context
	drain    context.CancelFunc
	servers  sync.Map // *http.Server -> true, once it tells when it shuts down

	mu   sync.Mutex
	open int
}

func newStreams(maxOpen int) *streams {
	s := &streams{max: maxOpen}
	s.draining, s.drain = context.WithCancel(context.Background())
	return s
}

// enter lets one more stream in. Who entered must leave.
func (s *streams) enter(r *http.Request) error {
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		if _, known := s.servers.LoadOrStore(server, true); !known {
			server.RegisterOnShutdown(s.drain)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining.Err() != nil {
		return errDraining()
	}
	if s.open >= s.max {
		return refuseForNow(http.StatusTooManyRequests, codes.ResourceExhausted, "TOO_MANY_STREAMS", "too many streams are open; try again")
	}
	s.open++
	return nil
}

func (s *streams) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
}

// soon is when it is worth trying again to open a stream.
const soon = 2 * time.Second

func errDraining() error {
	return refuseForNow(http.StatusServiceUnavailable, codes.Unavailable, "DRAINING", "this server is being shut down; try again")
}

func refuseForNow(httpStatus int, code codes.Code, reason, message string) error {
	return &refusal{httpStatus, withReason(code, message, reason, &errdetails.RetryInfo{RetryDelay: durationpb.New(soon)})}
}
