package gateway_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/gateway"
	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// source is a file of a length that makes itself up, and counts how much of it has been read.
type source struct {
	io.Reader
	read atomic.Int64
}

func newSource(size int64) *source {
	return &source{Reader: io.LimitReader(rand.NewChaCha8([32]byte{7}), size)}
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	s.read.Add(int64(n))
	return n, err
}

// However long a file is, the gateway has never taken more of it than one part beyond what the service has.
func TestOnlyOnePartIsInMemory(t *testing.T) {
	const size = 60_000_000
	w := newWorld(t)
	s := newShelf(w)
	file := newSource(size)
	var most int64
	w.order.set(func(b *backend) {
		b.write = func(ctx context.Context, r *orderv1.WriteImportContentRequest) (*orderv1.WriteImportContentResponse, error) {
			most = max(most, file.read.Load()-r.GetOffset())
			return s.write(ctx, r)
		}
	})
	r := httptest.NewRequestWithContext(t.Context(), "PUT", content, file)
	r.Header.Set("Content-Type", "application/octet-stream")
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	require.Equal(t, 200, recorder.Code, recorder.Body)
	require.Equal(t, int64(partSize), most)

	want := sha256.New()
	_, err := io.Copy(want, newSource(size))
	require.NoError(t, err)
	require.Equal(t, int64(size), s.files["imports/0190"].size)
	require.Equal(t, want.Sum(nil), s.files["imports/0190"].hash.Sum(nil))
}

func TestAFileThatIsTooLong(t *testing.T) {
	w := newWorld(t, func(c *gateway.Config) { c.MaxUpload = partSize + 10 })
	s := newShelf(w)
	base, client := serve(t, w)
	res, text := put(t, client, base+content, unsized{newSource(partSize + 10)})
	require.Equal(t, 200, res.StatusCode, text)
	for _, size := range []int64{partSize + 11, 40 * partSize} {
		res, text = put(t, client, base+content, unsized{newSource(size)})
		require.Equal(t, 413, res.StatusCode, text)
		require.Contains(t, text, "BODY_TOO_LARGE")
		require.Contains(t, text, "262154 bytes")
		require.True(t, res.Close, "what is left of it is not read")
		require.Equal(t, int64(partSize), s.files["imports/0190"].size)
	}
	told := newSource(0)
	r := httptest.NewRequestWithContext(t.Context(), "PUT", content, told)
	r.ContentLength = partSize + 11
	r.Header.Set("Content-Type", "text/csv")
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	require.Equal(t, 413, recorder.Code)
	require.Zero(t, told.read.Load(), "its length says it already")
	res, text = put(t, client, base+content, unsized{strings.NewReader("")})
	require.Equal(t, 400, res.StatusCode, "empty, though that shows only when it is read")
	require.Contains(t, text, "the body is empty")
}

func TestTheServiceRefusesAFile(t *testing.T) {
	for place, w := range both(t) {
		calls := 0
		w.order.set(func(b *backend) {
			b.write = func(_ context.Context, r *orderv1.WriteImportContentRequest) (*orderv1.WriteImportContentResponse, error) {
				if calls++; r.GetOffset() > 0 {
					return nil, errs.Invalid("offset", "the content has %d bytes", 5)
				}
				return &orderv1.WriteImportContentResponse{}, nil
			}
		})
		base, client := serve(t, w)
		res, text := put(t, client, base+content, newSource(partSize*3), "Accept", "application/problem+json")
		require.Equal(t, 400, res.StatusCode, text)
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
		require.Contains(t, strings.ReplaceAll(text, " ", ""), `"field":"offset"`)
		require.Equal(t, 2, calls, "%s: after a refusal nothing more is sent", place)
		require.False(t, res.Close, "the rest has been read, so that the answer is not lost")

		w.order.set(func(b *backend) { b.fail = errs.Unauthenticated("TOKEN_INVALID", "the token is none") })
		res, text = put(t, client, base+content, strings.NewReader("a"))
		require.Equal(t, 401, res.StatusCode, text)
		require.Equal(t, "Bearer", res.Header.Get("Www-Authenticate"))
		w.order.set(func(b *backend) { b.fail = errors.New("10.0.0.7") })
		res, text = put(t, client, base+content, strings.NewReader("a"))
		require.Equal(t, 500, res.StatusCode)
		require.NotContains(t, text, "10.0.0.7")
	}
}

// piped is a server that is reached through pipes, whose deadlines are those of the test's own time.
type piped struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *piped) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *piped) Close() error   { close(p.done); return nil }
func (p *piped) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// dial opens a connection to the handler, and ends all with the test. It has to be called in a bubble.
func dial(t *testing.T, handler http.Handler) net.Conn {
	p := &piped{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(p) }()
	mine, theirs := net.Pipe()
	p.conns <- theirs
	t.Cleanup(func() {
		require.NoError(t, mine.Close())
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return mine
}

const head = "PUT /v1/imports/0190/content HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n"

// answered reads an answer. A client that only writes would hold up a server on a pipe, so it is read meanwhile.
func answered(t *testing.T, conn net.Conn) <-chan string {
	answer := make(chan string, 1)
	go func() {
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			answer <- err.Error()
			return
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		answer <- fmt.Sprint(res.StatusCode, " ", string(text))
	}()
	return answer
}

func TestAClientThatSendsNothingIsDropped(t *testing.T) {
	for name, sent := range map[string]string{"nothing": "", "less than a part": "a,b", "more than a part": strings.Repeat("x", partSize+1)} {
		synctest.Test(t, func(t *testing.T) {
			conn := dial(t, newWorld(t))
			answer := answered(t, conn)
			_, err := fmt.Fprintf(conn, head+"%s", 2*partSize, sent)
			require.NoError(t, err)
			began := time.Now()
			require.Regexp(t, `^408 .*UPLOAD_STALLED`, <-answer, name)
			require.Equal(t, 30*time.Second, time.Since(began))
			_, err = conn.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF, "the connection is closed")
		})
	}
}

// Neither the whole upload nor the calls that it takes are cut short: only silence is.
func TestASlowFileArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *gateway.Config) { c.Timeout = time.Minute })
		w.order.set(func(b *backend) { b.do = func(context.Context) { <-time.After(50 * time.Second) } })
		s := newShelf(w)
		conn := dial(t, w)
		file := noise(3*partSize, 1)
		answer := answered(t, conn)
		_, err := fmt.Fprintf(conn, head, len(file))
		require.NoError(t, err)
		for step := range 12 {
			<-time.After(29 * time.Second)
			_, err := conn.Write(file[step*partSize/4 : (step+1)*partSize/4])
			require.NoError(t, err)
		}
		require.Equal(t, `200 {"contentSize":"786432"}`, <-answer)
		s.holds(t, "imports/0190", file)
		answer = answered(t, conn)
		<-time.After(time.Minute)
		_, err = fmt.Fprintf(conn, head+"a", 1)
		require.NoError(t, err)
		require.Equal(t, `200 {"contentSize":"1"}`, <-answer, "the connection is as good as before")
	})
}

func TestAClientThatHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := newShelf(w)
		ended := make(chan struct{})
		conn := dial(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { defer close(ended); w.ServeHTTP(rw, r) }))
		_, err := fmt.Fprintf(conn, head+"%s", 3*partSize, strings.Repeat("x", 2*partSize-1))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		<-ended
		require.Equal(t, int64(partSize), s.files["imports/0190"].size, "a part that is not whole is not sent")
	})
}

func TestEachPartHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.order.set(func(b *backend) {
			b.write = func(ctx context.Context, _ *orderv1.WriteImportContentRequest) (*orderv1.WriteImportContentResponse, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		})
		began := time.Now()
		require.Equal(t, 504, w.ask(t, "PUT", content, "a", "Content-Type", "", "Content-Type", "text/csv").Code)
		require.Equal(t, 30*time.Second, time.Since(began))
	})
}

// It is the gateway that makes many calls of one: a limit on calls makes an upload slower, and no more.
func TestALimitOnCallsHoldsUpNoUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := newShelf(w)
		limited := true
		w.order.set(func(b *backend) {
			b.write = func(ctx context.Context, r *orderv1.WriteImportContentRequest) (*orderv1.WriteImportContentResponse, error) {
				if limited = !limited; limited {
					return nil, errs.Overloaded("RATE_LIMITED", 2*time.Second)
				}
				return s.write(ctx, r)
			}
		})
		began := time.Now()
		file := strings.Repeat("x", 3*partSize)
		require.Equal(t, 200, w.ask(t, "PUT", content, file, "Content-Type", "", "Content-Type", "text/csv").Code)
		require.Equal(t, 4*time.Second, time.Since(began))
		s.holds(t, "imports/0190", []byte(file))

		w.order.set(func(b *backend) { b.fail = errs.Overloaded("RATE_LIMITED", 20*time.Second) })
		got := w.ask(t, "PUT", content, "a", "Content-Type", "", "Content-Type", "text/csv")
		require.Equal(t, 429, got.Code)
		require.Equal(t, "20", got.Header().Get("Retry-After"))
	})
}
