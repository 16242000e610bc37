package sqldb

import (
	"context"
	"errors"
	"sync"
)

// sqliteReaders are the connections for reads, opened when they are first needed. Each use has so many at once; a ping has one
// for itself.
type sqliteReaders struct {
	dsn   string
	cfg   Config
	slots map[use]*slots

	mu   sync.Mutex
	idle []*sqliteConn // the one used last is used next, so that no more are open than are needed
}

func newSQLiteReaders(dsn string, cfg Config) *sqliteReaders {
	return &sqliteReaders{
		dsn: dsn + "&_pragma=query_only(1)", cfg: cfg,
		slots: map[use]*slots{
			foreground: newSlots(cfg.Reads, cfg.Queue), background: newSlots(cfg.Background, cfg.Queue),
			longReads: newSlots(cfg.LongReads, cfg.Queue),
		},
	}
}

// use lends a connection for as long as such a read may take.
func (r *sqliteReaders) use(ctx context.Context, use use, fn func(context.Context, *sqliteConn) error) error {
	slots, limit := r.slots[use], r.cfg.Statement
	if use == longReads {
		limit = r.cfg.LongRead
	}
	if err := slots.take(ctx); err != nil {
		return err
	}
	defer slots.give()
	timed, cancel := context.WithTimeoutCause(ctx, limit, errTookTooLong)
	defer cancel()
	err := r.lend(func(c *sqliteConn) error { return fn(timed, c) })
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case timed.Err() != nil:
		return classify(errors.Join(errTookTooLong, err))
	}
	return err
}

// ping asks for next to nothing.
func (r *sqliteReaders) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return r.lend(func(c *sqliteConn) error {
		_, err := c.run(ctx, Q("select count(*) from sqlite_schema"))
		return err
	})
}

func (r *sqliteReaders) lend(fn func(*sqliteConn) error) (err error) {
	c := r.take()
	if c == nil {
		if c, err = openSQLiteConn(r.dsn); err != nil {
			return err
		}
	}
	defer r.give(c)
	return fn(c)
}

func (r *sqliteReaders) take() *sqliteConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.idle) - 1
	if last < 0 {
		return nil
	}
	c := r.idle[last]
	r.idle = r.idle[:last]
	return c
}

func (r *sqliteReaders) give(c *sqliteConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = append(r.idle, c)
}

// close closes every connection. Nobody reads any more.
func (r *sqliteReaders) close() {
	for c := r.take(); c != nil; c = r.take() {
		c.close()
	}
}
