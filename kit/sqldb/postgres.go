package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"kept.dev/kit/failpoint"
)

// postgres runs groups optimistically: all callers of a group in one transaction, each of their round trips
// sent as one pipeline. When one fails the transaction is rolled back, the culprit is set apart, and the others go again.
type postgres struct {
	pool     *pgxpool.Pool
	patience time.Duration
	onGroup  func(int)
}

func openPostgres(ctx context.Context, cfg Config) (*postgres, error) {
	conf, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, err
	}
	conf.MaxConns = int32(2*cfg.Writers + cfg.Readers)
	conf.ConnConfig.StatementCacheCapacity = 1024
	if conf.ConnConfig.ConnectTimeout == 0 {
		conf.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	conf.PingTimeout = cmp.Or(conf.PingTimeout, pingTimeout)
	for name, value := range session() {
		if _, set := conf.ConnConfig.RuntimeParams[name]; !set {
			conf.ConnConfig.RuntimeParams[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, err
	}
	return &postgres{pool: pool, patience: cfg.Patience, onGroup: cfg.OnGroup}, nil
}

// pingTimeout bounds the question whether a connection that nobody has used for a second is still there.
const pingTimeout = 2 * time.Second

// session says how every connection behaves, unless the URL says otherwise. The two limits are below and above
// patience: a row that stays locked fails the statement that wants it and not its whole group, and a frozen replica's
// locks are freed. A page read at random costs little more than the next one on today's disks; and what is asked here, is
// asked by key: as PostgreSQL plans for spinning disks, it would read a young table whole, long after it has grown.
func session() map[string]string {
	return map[string]string{
		"timezone":                            "UTC",
		"random_page_cost":                    "1.1",
		"lock_timeout":                        "10s",
		"idle_in_transaction_session_timeout": "30s",
	}
}

func (p *postgres) dialect() string                { return "postgres" }
func (p *postgres) ping(ctx context.Context) error { return unavailable(p.pool.Ping(ctx)) }
func (p *postgres) close()                         { p.pool.Close() }

// checkSchema has nothing to do: PostgreSQL's errors name the constraint.
func (p *postgres) checkSchema(context.Context) error { return nil }

// migrator's connections wait for locks as long as it takes.
func (p *postgres) migrator() (*sql.DB, []goose.ProviderOption, error) {
	return stdlib.OpenDB(*p.pool.Config().ConnConfig.Copy()), []goose.ProviderOption{goose.WithSessionLocker(sessionLock{})}, nil
}

// read goes again once: a reader may meet a connection that broke while nobody used it, or a changed schema.
func (p *postgres) read(ctx context.Context, stmts []*Stmt) (out []*Rows, err error) {
	for range 2 {
		if out, err = p.readOnce(ctx, stmts); err == nil {
			return out, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.renew(err)
		if !connectionLost(err) && !transient(err) {
			break
		}
	}
	return nil, unavailable(err)
}

func (p *postgres) readOnce(ctx context.Context, stmts []*Stmt) (out []*Rows, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release(conn)
	out, _, err = pipeline(ctx, conn.Conn(), stmts)
	return out, err
}

// release gives a connection back to the pool. One that was given up is taken out of it: it may take a quarter of a minute to end,
// and the pool would wait for that before it makes another in its place.
func release(conn *pgxpool.Conn) {
	if conn.Conn().IsClosed() {
		conn.Hijack()
		return
	}
	conn.Release()
}

// renew lets go of the idle connections when one was found broken: the others have hardly fared better.
func (p *postgres) renew(err error) {
	if connectionLost(err) {
		p.pool.Reset()
	}
}

// regroupings is how often a group is tried before everybody goes alone.
const regroupings = 2

func (p *postgres) group(calls []*call, apart func(*call)) {
	var broken error
	for range regroupings {
		calls = living(calls)
		if len(calls) < 2 {
			break
		}
		g, err := p.attempt(calls)
		if err == nil {
			p.onGroup(len(calls))
			return
		}
		if errors.Is(err, errUnknownOutcome) {
			answer(calls, unavailable(err))
			return
		}
		broken = nil
		if g.culprit < 0 && connectionLost(err) {
			broken = unavailable(err)
		}
		if g.culprit >= 0 {
			apart(calls[g.culprit])
			calls = slices.Delete(calls, g.culprit, g.culprit+1)
		}
	}
	if broken != nil {
		answer(calls, broken)
		return
	}
	p.scatter(calls, apart)
}

// scatter has every call run alone. A caller who was alone from the start has its leader at hand already.
func (p *postgres) scatter(calls []*call, apart func(*call)) {
	if len(calls) == 1 {
		p.single(calls[0])
		return
	}
	for _, c := range calls {
		apart(c)
	}
}

// single runs one call, again and again while it meets serialization failures and deadlocks, and a second time when
// its connection turns out to be dead.
func (p *postgres) single(c *call) {
	for try := 1; !c.dead; try++ {
		g, err := p.attempt([]*call{c})
		if err == nil {
			p.onGroup(1)
			return
		}
		if try < 5 && transient(err) {
			time.Sleep(rand.N(time.Duration(try) * 20 * time.Millisecond))
			continue
		}
		if try == 1 && !g.heard && connectionLost(err) && !errors.Is(err, errUnknownOutcome) {
			continue // the connection had died while nobody used it
		}
		err = unavailable(err)
		if said := g.members[0].said; said != nil {
			err = said
		}
		answer([]*call{c}, err)
		return
	}
}

// attempt runs the calls in one transaction. On success everyone has their answer; on failure nobody has, nothing
// is in the database (unless the outcome is unknown), and the group knows whose fault it was.
func (p *postgres) attempt(calls []*call) (*group, error) {
	ctx, cancel := context.WithTimeout(context.Background(), p.patience)
	defer cancel()
	g := newGroup(calls)
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return g, err
	}
	defer release(conn)
	if err = g.run(ctx, conn.Conn()); err == nil {
		for i, c := range calls {
			failpoint.Hit("commit.after", c.work)
			c.result <- g.members[i].refused
		}
		return g, nil
	}
	if g.begun && !conn.Conn().IsClosed() {
		if _, undo := conn.Exec(ctx, "rollback"); undo != nil {
			_ = conn.Conn().Close(ctx)
		}
	}
	if g.culprit < 0 {
		p.renew(err)
	}
	return g, err
}

// pipeline sends the statements in one round trip. At an error it tells which statement failed: the first, when
// nothing could be sent at all.
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
		if err != nil && conn.IsClosed() {
			err = fmt.Errorf("%w: %w", errLost, err)
		}
	}()
	out = make([]*Rows, len(stmts))
	for i := range stmts {
		rows, err := results.Query()
		if err == nil {
			out[i], err = collect(rows)
		}
		if err != nil {
			return nil, i, err
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
