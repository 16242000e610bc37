package gateway

import (
	"bytes"
	"compress/gzip"
	"strings"
	"sync"
)

// worthwhile is the shortest answer that is compressed, in bytes.
const worthwhile = 1 << 10

// compressed is a buffer and what writes to it.
type compressed struct {
	bytes.Buffer
	writer *gzip.Writer
	pool   *sync.Pool
}

func newCompressors() *sync.Pool {
	pool := &sync.Pool{}
	pool.New = func() any {
		c := &compressed{pool: pool}
		c.writer, _ = gzip.NewWriterLevel(&c.Buffer, gzip.BestSpeed) // a level that exists
		return c
	}
	return pool
}

func (c *compressed) free() {
	if c.Cap() <= keep {
		c.pool.Put(c)
	}
}

func (x *exchange) takesGzip() bool {
	return accepts(strings.Join(x.r.Header["Accept-Encoding"], ","), "gzip")
}

// compress is the answer's body compressed, or nil where it stays as it is.
func (x *exchange) compress() *compressed {
	if len(x.output) < worthwhile {
		return nil
	}
	h := x.w.Header()
	h.Add("Vary", "Accept-Encoding")
	if h.Get("Content-Encoding") != "" || !x.takesGzip() {
		return nil
	}
	c, ok := x.g.compressors.Get().(*compressed)
	if !ok {
		return nil
	}
	c.Reset()
	c.writer.Reset(&c.Buffer)
	if _, err := c.writer.Write(x.output); err != nil {
		return nil
	}
	if err := c.writer.Close(); err != nil {
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	return c
}
