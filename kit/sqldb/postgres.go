package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgres has one pool of connections, and slots that say how many of them each use may have at once. Together they are one less
// than the pool has, so that a ping always finds one.
type postgres struct {
	pool *pgxpool.Pool
	cfg  Config
	// forWrites are for foreground transactions, forReads for foreground reads; background work has both from one.
	forWrites, forReads, forBackground, forLongReads *slots
	shared                                           *queue
}

func openPostgres(ctx context.Context, cfg Config) (*postgres, error) {
	conf, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, err
	}
	conf.MaxConns = int32(cfg.Total())
	conf.ConnConfig.StatementCacheCapacity = 1024
	if conf.ConnConfig.ConnectTimeout == 0 {
		conf.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	conf.PingTimeout = cmp.Or(conf.PingTimeout, pingTimeout)
	conf.ConnConfig.BuildContextWatcherHandler = cancelOnServer
	for name, value := range session(cfg) {
		if _, set := conf.ConnConfig.RuntimeParams[name]; !set {
			conf.ConnConfig.RuntimeParams[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, err
	}
	p := &postgres{
		pool: pool, cfg: cfg,
		forWrites: newSlots(cfg.Writes, cfg.Queue), forReads: newSlots(cfg.Reads, cfg.Queue),
		forBackground: newSlots(cfg.Background, cfg.Queue), forLongReads: newSlots(cfg.LongReads, cfg.Queue),
		shared: newQueue(cfg.Queue, cfg.Group),
	}
	p.shared.serve(min(sharedAtOnce, cfg.Writes), p.forWrites, p.group)
	return p, nil
}

// sharedAtOnce is how many shared transactions are under way at once. Two keep the server busy while one of them is being
// committed; with more, each would have fewer members.
const sharedAtOnce = 2

const (
	// pingTimeout bounds the question whether a connection that nobody has used for a second is still there.
	pingTimeout = 2 * time.Second
	// cancelDelay is how long a statement whose caller has gone may go on: most end before, and asking the server takes a
	// connection. After cancelGrace without an answer the connection is taken for broken.
	cancelDelay = 100 * time.Millisecond
	cancelGrace = 2 * time.Second
)

// cancelOnServer has the server end the statement when its time is over, and the connection goes on. Closing the connection instead,
// as is usual, would say nothing about whether the server is away or was given too much to do.
func cancelOnServer(conn *pgconn.PgConn) ctxwatch.Handler {
	return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, CancelRequestDelay: cancelDelay, DeadlineDelay: cancelGrace}
}

// session says how every connection behaves, unless the URL says otherwise. A statement that waits for others' rows is given up
// before it times out, so that the two can be told apart, and a frozen replica's locks are freed. A page read at random
// costs little more than the next one on today's disks; and what is asked here, is asked by key: as PostgreSQL plans for
// spinning disks, it would read a young table whole, long after it has grown.
func session(cfg Config) map[string]string {
	return map[string]string{
		"timezone":                            "UTC",
		"random_page_cost":                    "1.1",
		"statement_timeout":                   milliseconds(cfg.Statement),
		"lock_timeout":                        milliseconds(cfg.Lock),
		"idle_in_transaction_session_timeout": milliseconds(cfg.Transaction + 10*time.Second),
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func (p *postgres) dialect() string                { return "postgres" }
func (p *postgres) ping(ctx context.Context) error { return classify(p.pool.Ping(ctx)) }

func (p *postgres) close() {
	p.shared.close()
	p.pool.Close()
}

// checkSchema has nothing to do: PostgreSQL's errors name the constraint.
func (p *postgres) checkSchema(context.Context) error { return nil }

// migrator's statements take as long as they need: what they wait for has a limit of its own.
func (p *postgres) migrator() (*sql.DB, []goose.ProviderOption, error) {
	conf := p.pool.Config().ConnConfig.Copy()
	conf.RuntimeParams["statement_timeout"] = "0"
	return stdlib.OpenDB(*conf), []goose.ProviderOption{goose.WithSessionLocker(sessionLock{})}, nil
}

// writers are the slots from which a transaction takes its connection.
func (p *postgres) writers(use use) *slots {
	if use == background {
		return p.forBackground
	}
	return p.forWrites
}

// readers are the slots from which a read takes its connection, and how long it may take.
func (p *postgres) readers(use use) (*slots, time.Duration) {
	switch use {
	case background:
		return p.forBackground, p.cfg.Transaction
	case longReads:
		return p.forLongReads, p.cfg.LongRead
	case foreground:
	}
	return p.forReads, p.cfg.Transaction
}

// read goes again once: a reader may meet a connection that broke while nobody used it, or a changed schema.
func (p *postgres) read(ctx context.Context, use use, stmts []*Stmt) (out []*Rows, err error) {
	slots, limit := p.readers(use)
	if err := slots.take(ctx); err != nil {
		return nil, err
	}
	defer slots.give()
	if use == longReads {
		return p.readLong(ctx, limit, stmts)
	}
	return p.readTwice(ctx, limit, stmts)
}

// readLong lifts the limit of a statement, in a transaction so that it comes down again.
func (p *postgres) readLong(ctx context.Context, limit time.Duration, stmts []*Stmt) ([]*Rows, error) {
	around := []*Stmt{Q("begin read only"), Q("set local statement_timeout = " + milliseconds(limit))}
	around = append(append(around, stmts...), Q("commit"))
	out, err := p.readTwice(ctx, limit+p.cfg.Statement, around)
	if err != nil {
		return nil, err
	}
	return out[2 : len(out)-1], nil
}

func (p *postgres) readTwice(ctx context.Context, limit time.Duration, stmts []*Stmt) (out []*Rows, err error) {
	for range 2 {
		if out, err = p.readOnce(ctx, limit, stmts); err == nil {
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
	return nil, classify(err)
}

func (p *postgres) readOnce(ctx context.Context, limit time.Duration, stmts []*Stmt) (out []*Rows, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release(conn)
	out, _, err = pipeline(ctx, conn.Conn(), stmts)
	return out, err
}

// release gives a connection back to the pool, which ends one that a transaction has been left open on. One that was given up is
// taken out: it may take a quarter of a minute to end, and the pool would wait for that before it makes another in its place.
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
