package gateway

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
)

// anonymousBody is the longest body, in bytes, of a caller whom we don't know: much less than others may send, since anybody may.
const anonymousBody = 64 << 10

// readBody takes the whole body into memory, up to the limit, as it comes.
func (x *exchange) readBody() error {
	if x.r.Body == nil || x.r.Body == http.NoBody || x.r.ContentLength == 0 {
		return x.missingBody()
	}
	limit := x.g.config.MaxBody
	if x.anonymous {
		limit = min(limit, anonymousBody)
	}
	if x.r.ContentLength > limit {
		return tooLarge(limit)
	}
	var err error
	body := x.paced(http.MaxBytesReader(x.w, x.r.Body, limit), bodyPatience)
	if x.input, err = readAll(body, x.input[:0], x.r.ContentLength); err != nil {
		return bodyFault(err, limit)
	}
	x.whole = true
	if len(x.input) == 0 {
		return x.missingBody()
	}
	if x.route.body == "" {
		return refuse(http.StatusBadRequest, codes.InvalidArgument, "BODY_NOT_ALLOWED", "this method takes no body")
	}
	if err := x.checkContentType(); err != nil {
		return err
	}
	if !utf8.Valid(x.input) {
		return invalid("the body is not valid UTF-8")
	}
	return nil
}

// missingBody is right where the body could only hold fields that may all be left out.
func (x *exchange) missingBody() error {
	if x.route.content == nil {
		return nil
	}
	return invalidField(x.route.content.JSONName(), "the body is missing")
}

// bodyFault is what a client learns of why its body could not be read, if it is still there.
func bodyFault(err error, limit int64) error {
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return tooLarge(limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, codes.DeadlineExceeded, "BODY_TOO_SLOW",
			"the body came slower than %d bytes a second; send it again", leastRate)
	default:
		return invalid("the body did not arrive whole")
	}
}

func tooLarge(limit int64) error {
	return refuse(http.StatusRequestEntityTooLarge, codes.InvalidArgument, "BODY_TOO_LARGE", "the body is longer than %d bytes", limit)
}

// checkContentEncoding wants the body as it is.
func (x *exchange) checkContentEncoding() error {
	if encoding := x.r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		x.w.Header().Set("Accept-Encoding", "identity")
		return refuse(http.StatusUnsupportedMediaType, codes.InvalidArgument, "UNSUPPORTED_CONTENT_ENCODING",
			"the body must not be compressed")
	}
	return nil
}

// checkContentType wants JSON, in UTF-8, as it is.
func (x *exchange) checkContentType() error {
	if err := x.checkContentEncoding(); err != nil {
		return err
	}
	given := x.r.Header["Content-Type"]
	if len(given) == 1 && given[0] == "application/json" {
		return nil
	}
	if len(given) == 1 {
		kind, params, err := mime.ParseMediaType(given[0])
		charset, has := params["charset"]
		if err == nil && kind == "application/json" && (!has || strings.EqualFold(charset, "utf-8")) {
			return nil
		}
	}
	x.w.Header().Set("Accept", "application/json")
	return refuse(http.StatusUnsupportedMediaType, codes.InvalidArgument, "UNSUPPORTED_MEDIA_TYPE",
		"the body must be application/json in UTF-8, and its Content-Type must say so")
}

// mostAhead is how much memory, in bytes, a body gets before anything of it has come.
const mostAhead = 4 << 10

// readAll is io.ReadAll into a buffer that is there already. The length that a client declares costs it nothing, so memory
// for it grows only as bytes come.
func readAll(from io.Reader, into []byte, length int64) ([]byte, error) {
	into = slices.Grow(into, int(min(max(length, 0)+1, mostAhead)))
	for {
		n, err := from.Read(into[len(into):cap(into)])
		into = into[:len(into)+n]
		if errors.Is(err, io.EOF) {
			return into, nil
		}
		if err != nil {
			return into, err
		}
		if len(into) == cap(into) {
			into = append(into, 0)[:len(into)]
		}
	}
}

// content is an exchange as the body of the request that the generated handler gets. There is nothing to read: the
// decoder takes the bytes from it as they are.
type content exchange

func (*content) Read([]byte) (int, error)         { return 0, io.EOF }
func (*content) WriteTo(io.Writer) (int64, error) { return 0, nil }
func (*content) Close() error                     { return nil }
