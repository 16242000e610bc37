package gateway

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const (
	// contentPath is where the file of an import goes.
	contentPath = "/v1/imports/{import}/content"
	// partSize is how much of a file goes to the service in one call: all that a request has in memory of it.
	partSize = 256 << 10
)

// uploads takes files as they are, of a length that no JSON body may have, and hands them on part by part as they arrive.
type uploads struct {
	client  orderv1.ImportServiceClient
	measure *measure
}

func newUploads(conn grpc.ClientConnInterface, measures *measures) *uploads {
	return &uploads{orderv1.NewImportServiceClient(conn), measures.of(contentPath)}
}

// uploadRoute is read like the methods of the contract; its query knows no parameter.
var uploadRoute = &route{method: http.MethodPut, body: "*", rpc: orderv1.ImportService_WriteImportContent_FullMethodName}

// importOf is the import whose content the path is. Whether there is one, the service knows.
func importOf(path string) (name string, ok bool) {
	before, collection := strings.CutPrefix(path, "/v1/imports/")
	id, content := strings.CutSuffix(before, "/content")
	if !collection || !content || id == "" || strings.Contains(id, "/") || !utf8.ValidString(id) {
		return "", false
	}
	return "imports/" + id, true
}

// serve answers whatever comes for an import's content.
func (u *uploads) serve(x *exchange, name string) {
	x.route, x.measure = uploadRoute, u.measure
	x.startSpan()
	if x.r.Method != http.MethodPut {
		if err := x.otherMethod([]string{http.MethodPut}); err != nil {
			x.fail(err)
		}
		return
	}
	written, err := u.put(x, name)
	if err == nil {
		x.Header()["Content-Type"] = inJSON
		err = encode(x.ctx, x, written)
	}
	if err != nil {
		x.fail(err)
	}
}

// put writes the whole content anew, so that a PUT that is repeated does no harm. One that breaks off leaves a beginning,
// which the next overwrites.
func (u *uploads) put(x *exchange, name string) (*orderv1.WriteImportContentResponse, error) {
	f := x.openFile()
	if err := x.checkUpload(); err != nil {
		return nil, err
	}
	ctx := x.outgoingPart()
	var written *orderv1.WriteImportContentResponse
	for offset := int64(0); !x.whole; {
		part, err := f.next()
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			break
		}
		if written, err = u.write(ctx, x, &orderv1.WriteImportContentRequest{Name: name, Offset: offset, Data: part}); err != nil {
			f.discard()
			return nil, err
		}
		offset += int64(len(part))
	}
	if written == nil {
		return nil, emptyFile()
	}
	return written, nil
}

// write hands one part on, within the time that any call has.
func (u *uploads) write(
	ctx context.Context, x *exchange, part *orderv1.WriteImportContentRequest,
) (*orderv1.WriteImportContentResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, x.g.config.Timeout)
	defer cancel()
	for {
		written, err := u.client.WriteImportContent(ctx, part)
		if err == nil || !waited(ctx, err) {
			return written, err
		}
	}
}

// outgoingPart is the context of the calls for parts. An idempotency key stands for one change; the parts are many.
func (x *exchange) outgoingPart() context.Context {
	md, _ := metadata.FromOutgoingContext(x.outgoing())
	md.Delete("idempotency-key")
	return metadata.NewOutgoingContext(x.ctx, md)
}
