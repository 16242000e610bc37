package gateway

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
)

// readBody takes the whole body into memory, up to the limit.
func (x *exchange) readBody() error {
	if x.r.Body == nil || x.r.Body == http.NoBody || x.r.ContentLength == 0 {
		return x.missingBody()
	}
	if x.r.ContentLength > x.g.config.MaxBody {
		return x.tooLarge()
	}
	limited := http.MaxBytesReader(x.w, x.r.Body, x.g.config.MaxBody)
	var err error
	if x.input, err = readAll(limited, x.input[:0], x.r.ContentLength); err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return x.tooLarge()
		}
		return invalid("the body did not arrive whole")
	}
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

func (x *exchange) tooLarge() error {
	x.w.Header().Set("Connection", "close") // what else comes is not read
	return refuse(http.StatusRequestEntityTooLarge, codes.InvalidArgument, "BODY_TOO_LARGE",
		"the body is longer than %d bytes", x.g.config.MaxBody)
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

// readAll is io.ReadAll into a buffer that is there already.
func readAll(from io.Reader, into []byte, length int64) ([]byte, error) {
	buffer := bytes.NewBuffer(into)
	if length > 0 {
		buffer.Grow(int(length) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(from)
	return buffer.Bytes(), err
}

// content is an exchange as the body of the request that the generated handler gets. There is nothing to read: the
// decoder takes the bytes from it as they are.
type content exchange

func (*content) Read([]byte) (int, error)         { return 0, io.EOF }
func (*content) WriteTo(io.Writer) (int64, error) { return 0, nil }
func (*content) Close() error                     { return nil }
