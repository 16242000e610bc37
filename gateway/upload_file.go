package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// file is a file on its way from the client, of which one part at a time is in memory.
type file struct {
	x    *exchange
	body io.Reader
	part []byte
}

// openFile reads nothing yet: a client that waits for "100 Continue" learns what is wrong before it sends anything.
func (x *exchange) openFile() *file {
	f := &file{x: x}
	if x.r.Body != nil {
		f.body = x.paced(http.MaxBytesReader(x.w, x.r.Body, x.g.config.MaxUpload), uploadPatience)
	}
	return f
}

// next is the next part, all of them of one size but the last. It is good until the next call.
func (f *file) next() ([]byte, error) {
	if f.part == nil {
		f.part = make([]byte, partSize)
	}
	n := 0
	for n < len(f.part) {
		read, err := f.body.Read(f.part[n:])
		n += read
		if errors.Is(err, io.EOF) {
			f.x.whole = true
			break
		}
		if err != nil {
			return nil, f.fault(err)
		}
	}
	return f.part[:n], nil
}

// mostDiscarded bounds what is read of a file that has been refused.
const mostDiscarded = 4 << 20

// discard reads on for a while when a file has been refused: a client that is still sending would find its connection reset, and
// never see the answer. Of a larger file it may not.
func (f *file) discard() {
	for n := 0; !f.x.whole && n < mostDiscarded; {
		part, err := f.next()
		if err != nil {
			return
		}
		n += len(part)
	}
}

// fault is what a client learns of why it could not be read, if it is still there.
func (f *file) fault(err error) error {
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return f.x.fileTooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, codes.DeadlineExceeded, "UPLOAD_STALLED",
			"the file came slower than %d bytes a second; send it again", leastRate)
	default:
		return invalid("the file did not arrive whole; send it again")
	}
}

// waited waits as a service asks that has got too many calls, and tells whether there is time to try again. It is the gateway
// that makes many calls of one, so its client is not to be bothered with it.
func waited(ctx context.Context, err error) bool {
	st := status.Convert(err)
	if st.Code() != codes.ResourceExhausted {
		return false
	}
	for _, detail := range st.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			select {
			case <-time.After(retry.GetRetryDelay().AsDuration()):
				return true
			case <-ctx.Done():
				return false
			}
		}
	}
	return false
}
