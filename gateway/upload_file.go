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

// silence is how long a client that uploads may send nothing before it counts as gone. How long the whole takes does not
// matter: files are large, and lines slow.
const silence = 30 * time.Second

// file is a file on its way from the client, of which one part at a time is in memory.
type file struct {
	x       *exchange
	body    io.Reader
	control *http.ResponseController
	part    []byte
	whole   bool // the client has sent all
}

// openFile reads nothing yet: a client that waits for "100 Continue" learns what is wrong before it sends anything.
func (x *exchange) openFile() *file {
	f := &file{x: x, control: http.NewResponseController(x.w)}
	if x.r.Body != nil {
		f.body = http.MaxBytesReader(x.w, x.r.Body, x.g.config.MaxUpload)
	}
	f.wait()
	return f
}

// next is the next part, all of them of one size but the last. It is good until the next call.
func (f *file) next() ([]byte, error) {
	if f.part == nil {
		f.part = make([]byte, partSize)
	}
	n := 0
	for n < len(f.part) {
		f.wait()
		read, err := f.body.Read(f.part[n:])
		n += read
		if errors.Is(err, io.EOF) {
			f.whole = true
			break
		}
		if err != nil {
			return nil, f.fault(err)
		}
	}
	return f.part[:n], nil
}

// fault is what a client learns of why it could not be read, if it is still there.
func (f *file) fault(err error) error {
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return f.x.fileTooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, codes.DeadlineExceeded, "UPLOAD_STALLED",
			"nothing of the file came for %.0f seconds; send it again", silence.Seconds())
	default:
		return invalid("the file did not arrive whole; send it again")
	}
}

// wait begins the client's time anew. When all has come, the server takes the deadline away itself. Readers that have none, such
// as tests', are left to block.
func (f *file) wait() { _ = f.control.SetReadDeadline(time.Now().Add(silence)) }

// close has the connection closed when more of the file may come on it. The deadline stays: the server does not wait for
// that any longer than we would.
func (f *file) close() {
	if !f.whole {
		f.x.w.Header().Set("Connection", "close")
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
