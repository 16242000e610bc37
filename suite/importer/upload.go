package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// Upload sends the file of an import, and tells how much of it is sent. The size is -1 where it is not known.
func (c *Client) Upload(ctx context.Context, name string, file io.Reader, size int64, onBytes func(sent int64)) error {
	body := open(file, onBytes)
	defer body.leave()
	defer context.AfterFunc(ctx, body.leave)()
	r, err := c.request(ctx, http.MethodPut, "/v1/"+name+"/content", body)
	if err != nil {
		return err
	}
	r.ContentLength = size
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Expect", "100-continue") // what is wrong with the request shows before a large file is sent
	if err = c.do(r, &orderv1.WriteImportContentResponse{}); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("sending the file: %w", ctx.Err())
	}
	if fault := body.unread(); fault != nil {
		return fmt.Errorf("reading the file: %w", fault)
	}
	return fmt.Errorf("sending the file: %w", err)
}

// body is a file on its way, which tells how much of it has gone. It is read behind a pipe: an HTTP client does not return
// while it waits for its body, and a file may itself be a pipe in which nothing comes.
type body struct {
	pipe *io.PipeReader
	tell func(int64)

	mu    sync.Mutex
	sent  int64
	left  bool
	fault error
}

func open(file io.Reader, tell func(int64)) *body {
	from, to := io.Pipe()
	b := &body{pipe: from, tell: tell}
	go func() {
		_, err := io.Copy(to, file)
		to.CloseWithError(err)
	}()
	return b
}

func (b *body) Read(into []byte) (int, error) {
	n, err := b.pipe.Read(into)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left { // the client reads on although it has its answer, or is not wanted any more
		return 0, io.ErrClosedPipe
	}
	if b.sent += int64(n); n > 0 && b.tell != nil {
		b.tell(b.sent)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.fault = err
	}
	return n, err
}

// leave ends the reading. Nobody is told of anything after it.
func (b *body) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = true
	_ = b.pipe.Close() // never fails
}

// unread is why the file could not be read.
func (b *body) unread() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fault
}
