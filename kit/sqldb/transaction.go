package sqldb

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"kept.dev/kit/failpoint"
)

// transaction is one caller's closure in a transaction of its own. Begin travels with the first statements and commit with the last,
// so a closure that asks nothing is one round trip altogether.
type transaction struct {
	ctx   context.Context
	conn  *pgx.Conn
	tx    *Tx
	begun bool
	heard bool  // the server has answered something
	cause error // what failed, as the server or the connection said it
}

func (p *postgres) update(ctx context.Context, use use, work string, fn func(*Tx) error) error {
	slots := p.writers(use)
	if err := slots.take(ctx); err != nil {
		return err
	}
	tx, err := func() (*Tx, error) { // the slot is free again before anything is done after the commit
		defer slots.give()
		return p.transact(work, fn)
	}()
	if err != nil {
		return err
	}
	p.cfg.OnGroup(1)
	tx.committed()
	return nil
}

// tries is how often a transaction is begun that meets serialization failures and deadlocks.
const tries = 5

// transact runs the closure, again while it meets serialization failures and deadlocks, and a second time when its
// connection turns out to be dead.
func (p *postgres) transact(work string, fn func(*Tx) error) (*Tx, error) {
	for try := 1; ; try++ {
		t, err := p.attempt(work, fn)
		switch {
		case err == nil:
			return t.tx, nil
		case try < tries && transient(t.cause):
			time.Sleep(rand.N(time.Duration(try) * 20 * time.Millisecond))
		case try == 1 && !t.heard && connectionLost(t.cause) && !errors.Is(t.cause, errUnknownOutcome):
			// the connection had died while nobody used it
		default:
			return nil, err
		}
	}
}

// attempt runs the closure once. After an error nothing of it is in the database, unless the outcome is unknown.
func (p *postgres) attempt(work string, fn func(*Tx) error) (t *transaction, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), p.cfg.Transaction)
	defer cancel()
	t = &transaction{ctx: ctx}
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		t.cause = err
		p.renew(err)
		return t, classify(err)
	}
	t.conn = conn.Conn()
	defer func() { // also when the closure panics, or its goroutine ends
		if t.begun {
			rollback(t.conn)
		}
		release(conn)
		p.renew(t.cause)
	}()
	return t, t.run(work, fn)
}

func (t *transaction) run(work string, fn func(*Tx) error) error {
	t.tx = &Tx{trip: t.trip}
	if err := fn(t.tx); err != nil {
		return err
	}
	if t.tx.failed != nil {
		return t.tx.failed
	}
	stmts := t.tx.take()
	if len(stmts) == 0 && !t.begun {
		return nil
	}
	failpoint.Hit("commit.before", work)
	if _, err := t.send(append(stmts, Q("commit")), true); err != nil {
		return err
	}
	failpoint.Hit("commit.after", work)
	return nil
}

func (t *transaction) trip(stmts []*Stmt) ([]*Rows, error) { return t.send(stmts, false) }

// send sends the statements, after the begin where there was none.
func (t *transaction) send(stmts []*Stmt, last bool) ([]*Rows, error) {
	first := 0
	if !t.begun {
		first, stmts = 1, append([]*Stmt{Q("begin")}, stmts...)
	}
	t.begun = true
	rows, failed, err := pipeline(t.ctx, t.conn, stmts)
	if err != nil {
		if last {
			err = commitFailure(err, failed, len(stmts)-1)
		}
		t.cause = err
		return nil, classify(stmts[failed].explain(postgresError(err)))
	}
	t.heard, t.begun = true, !last
	return rows[first:], nil
}

// rollback ends a transaction that was not committed.
func rollback(conn *pgx.Conn) {
	if conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
	defer cancel()
	if _, err := conn.Exec(ctx, "rollback"); err != nil {
		_ = conn.Close(ctx)
	}
}
