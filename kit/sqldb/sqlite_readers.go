package sqldb

import (
	"context"
	"sync"

	"kept.dev/kit/errs"
)

// sqliteReaders are the connections for reads, opened when they are first needed.
type sqliteReaders struct {
	dsn  string
	size int
	free chan *sqliteConn // nil stands for a connection that is not open
	gone chan struct{}
	once sync.Once
}

func newSQLiteReaders(dsn string, size int) *sqliteReaders {
	r := &sqliteReaders{
		dsn: dsn + "&_pragma=query_only(1)", size: size,
		free: make(chan *sqliteConn, size), gone: make(chan struct{}),
	}
	for range size {
		r.free <- nil
	}
	return r
}

// use lends a connection.
func (r *sqliteReaders) use(ctx context.Context, fn func(*sqliteConn) error) (err error) {
	var c *sqliteConn
	select {
	case <-r.gone:
		return errs.Unavailable("DATABASE_CLOSED", "the database is being closed")
	case <-ctx.Done():
		return ctx.Err()
	case c = <-r.free:
	}
	defer func() { r.free <- c }()
	if c == nil {
		if c, err = openSQLiteConn(r.dsn); err != nil {
			return err
		}
	}
	return fn(c)
}

// close waits for those who read and closes every connection.
func (r *sqliteReaders) close() {
	r.once.Do(func() {
		close(r.gone)
		for range r.size {
			if c := <-r.free; c != nil {
				c.close()
			}
		}
	})
}
