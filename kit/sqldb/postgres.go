package sqldb

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kept.dev/kit/errs"
	"kept.dev/kit/failpoint"
)

// postgres runs groups optimistically: all callers of a group in one transaction, each of their round trips
// sent as one pipeline. When one fails the transaction is rolled back, the culprit is set apart, and the others go again.
type postgres struct {
	pool    *pgxpool.Pool
	onGroup func(int)
}

func openPostgres(ctx context.Context, cfg Config) (*postgres, error) {
	conf, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, err
	}
	conf.MaxConns = int32(cfg.Writers + cfg.Readers)
	conf.ConnConfig.RuntimeParams["timezone"] = "UTC"
	conf.ConnConfig.StatementCacheCapacity = 1024
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, err
	}
	return &postgres{pool: pool, onGroup: cfg.OnGroup}, nil
}

func (p *postgres) dialect() string                { return "postgres" }
func (p *postgres) ping(ctx context.Context) error { return p.pool.Ping(ctx) }
func (p *postgres) close()                         { p.pool.Close() }

func (p *postgres) read(ctx context.Context, stmts []*Stmt) ([]*Rows, error) {
	var out []*Rows
	err := p.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) (err error) {
		out, _, err = pipeline(ctx, c.Conn(), stmts)
		return err
	})
	return out, unavailable(err)
}

func (p *postgres) lead(q *queue) {
	for group := q.take(); group != nil; group = q.take() {
		p.group(group)
	}
}

func (p *postgres) alone(_ *queue, c *call) {
	if c.claim() {
		go p.solo(c)
	}
}

// regroupings is how often a group goes again without its culprit before everybody goes alone.
const regroupings = 2

func (p *postgres) group(calls []*call) {
	var culprits []*call
	for range regroupings {
		if len(calls) < 2 {
			break
		}
		culprit, err := p.attempt(calls)
		if err == nil {
			p.onGroup(len(calls))
			calls = nil
			break
		}
		if errors.Is(err, errUnknownOutcome) {
			answer(calls, unavailable(err))
			calls = nil
			break
		}
		if culprit >= 0 {
			culprits = append(culprits, calls[culprit])
			calls = append(calls[:culprit:culprit], calls[culprit+1:]...)
		}
	}
	for _, c := range append(calls, culprits...) {
		p.solo(c)
	}
}

// solo runs one call, again and again while it meets serialization failures and deadlocks.
func (p *postgres) solo(c *call) {
	for try := 1; ; try++ {
		_, err := p.attempt([]*call{c})
		if err == nil {
			p.onGroup(1)
			return
		}
		if try < 5 && transient(err) {
			time.Sleep(rand.N(time.Duration(try) * 20 * time.Millisecond))
			continue
		}
		answer([]*call{c}, unavailable(err))
		return
	}
}

func answer(calls []*call, err error) {
	for _, c := range calls {
		c.result <- err
	}
}

// errUnknownOutcome marks a commit that was sent and never answered.
var errUnknownOutcome = errors.New("the connection broke during the commit")

// attempt runs the calls in one transaction. On success everyone has their answer; on failure nobody has, and
// the index of the call that failed is returned, or -1 when it was nobody's fault.
func (p *postgres) attempt(calls []*call) (culprit int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return -1, err
	}
	defer conn.Release()
	g := newGroup(calls)
	err = g.run(ctx, conn.Conn())
	if err == nil {
		for i, c := range calls {
			failpoint.Hit("commit.after", c.work)
			c.result <- g.members[i].refused
		}
		return -1, nil
	}
	if g.begun && !conn.Conn().IsClosed() {
		if _, undo := conn.Exec(ctx, "rollback"); undo != nil {
			conn.Conn().Close(ctx)
		}
	}
	return g.culprit, err
}

// unavailable gives a broken connection the kind that callers may retry.
func unavailable(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errs.Is(err) {
		return err
	}
	var broken *ConstraintError
	if errors.As(err, &broken) || !connectionLost(err) {
		return err
	}
	return errs.Unavailable("DATABASE_UNAVAILABLE", "the database cannot be reached").Because(err)
}

// pipeline sends the statements in one round trip. At an error it tells which statement failed.
func pipeline(ctx context.Context, conn *pgx.Conn, stmts []*Stmt) (out []*Rows, failed int, err error) {
	batch := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(stmts))}
	for _, s := range stmts {
		batch.Queue(s.sql, s.args...)
	}
	results := conn.SendBatch(ctx, batch)
	defer func() {
		if end := results.Close(); err == nil && end != nil {
			err, failed = end, len(stmts)-1
		}
	}()
	out = make([]*Rows, len(stmts))
	for i, s := range stmts {
		rows, err := results.Query()
		if err == nil {
			out[i], err = collect(rows)
		}
		if err != nil {
			return nil, i, s.explain(postgresError(err))
		}
	}
	return out, -1, nil
}

func collect(rows pgx.Rows) (*Rows, error) {
	defer rows.Close()
	out := &Rows{}
	for rows.Next() {
		vals, err := rows.Values()
		if err != nil {
			return nil, err
		}
		out.vals = append(out.vals, vals)
	}
	return out, rows.Err()
}
