package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kept.dev/kit/failpoint"
	_ "modernc.org/sqlite" // registers the driver
)

// sqliteWriter has one connection that writes and a pool that reads. Each caller of a group runs in a
// savepoint of its own; one commit, and so one flush to the disk, serves the group.
type sqliteWriter struct {
	pool    *sql.DB
	readers *sql.DB
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	uniques map[string]string // "table.a, table.b" to the unique index's name
	turn    chan struct{}     // held by whoever writes
	onGroup func(int)
}

func openSQLite(ctx context.Context, path string, cfg Config) (*sqliteWriter, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	dsn := "file:" + path + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=busy_timeout(10000)&_pragma=cache_size(-4000)"
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		pool.Close()
		return nil, err
	}
	readers, err := sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		pool.Close()
		return nil, err
	}
	readers.SetMaxOpenConns(cfg.Readers)
	readers.SetMaxIdleConns(cfg.Readers)
	return &sqliteWriter{
		pool: pool, readers: readers, conn: conn, stmts: map[string]*sql.Stmt{},
		turn: make(chan struct{}, 1), onGroup: cfg.OnGroup,
	}, nil
}

func (w *sqliteWriter) dialect() string { return "sqlite" }

func (w *sqliteWriter) ping(ctx context.Context) error { return w.readers.PingContext(ctx) }

func (w *sqliteWriter) close() {
	w.readers.Close()
	w.conn.Close()
	w.pool.Close()
}

func (w *sqliteWriter) read(ctx context.Context, stmts []*Stmt) ([]*Rows, error) {
	out := make([]*Rows, len(stmts))
	for i, s := range stmts {
		rows, err := w.readers.QueryContext(ctx, s.sql, s.args...)
		if err != nil {
			return nil, err
		}
		if out[i], err = drain(rows); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (w *sqliteWriter) lead(q *queue) {
	for group := q.take(); group != nil; group = q.take() {
		w.group(group)
	}
}

func (w *sqliteWriter) alone(_ *queue, c *call) {
	if c.claim() {
		go w.group([]*call{c})
	}
}

// group runs each call in a savepoint and commits once. Only then does anybody hear of success.
func (w *sqliteWriter) group(calls []*call) {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	results := make([]error, len(calls))
	err := w.exec(ctx, "begin immediate")
	if err == nil {
		for i, c := range calls {
			results[i] = w.savepoint(ctx, c)
		}
		err = w.commit(ctx, calls)
	}
	for i, c := range calls {
		if results[i] == nil {
			results[i] = err
		}
		c.result <- results[i]
	}
	w.onGroup(len(calls))
}

func (w *sqliteWriter) commit(ctx context.Context, calls []*call) error {
	for _, c := range calls {
		failpoint.Hit("commit.before", c.work)
	}
	if err := w.exec(ctx, "commit"); err != nil {
		_ = w.exec(ctx, "rollback")
		return fmt.Errorf("commit: %w", err)
	}
	for _, c := range calls {
		failpoint.Hit("commit.after", c.work)
	}
	return nil
}

func (w *sqliteWriter) savepoint(ctx context.Context, c *call) error {
	if err := w.exec(ctx, "savepoint caller"); err != nil {
		return err
	}
	err := w.turnOf(ctx, c)
	if err != nil {
		if undo := w.exec(ctx, "rollback to caller"); undo != nil {
			return undo
		}
	}
	if end := w.exec(ctx, "release caller"); end != nil {
		return end
	}
	return err
}

// turnOf lets the caller run its closure and sends what it left pending.
func (w *sqliteWriter) turnOf(ctx context.Context, c *call) error {
	tx := &Tx{trip: func(stmts []*Stmt) ([]*Rows, error) { return w.run(ctx, stmts) }}
	done := make(chan error, 1)
	c.turns <- &turn{tx: tx, done: func(err error) { done <- err }}
	if err := <-done; err != nil {
		return err
	}
	_, err := w.run(ctx, tx.take())
	return err
}

func (w *sqliteWriter) run(ctx context.Context, stmts []*Stmt) ([]*Rows, error) {
	out := make([]*Rows, len(stmts))
	for i, s := range stmts {
		rows, err := w.one(ctx, s)
		if err != nil {
			return nil, s.explain(w.sqliteError(err))
		}
		out[i] = rows
	}
	return out, nil
}

func (w *sqliteWriter) one(ctx context.Context, s *Stmt) (*Rows, error) {
	prepared, err := w.prepare(ctx, s.sql)
	if err != nil {
		return nil, err
	}
	if !s.readOnly() && !strings.Contains(s.sql, "returning") {
		_, err := prepared.ExecContext(ctx, s.args...)
		return &Rows{}, err
	}
	rows, err := prepared.QueryContext(ctx, s.args...)
	if err != nil {
		return nil, err
	}
	return drain(rows)
}

func (w *sqliteWriter) exec(ctx context.Context, text string) error {
	s, err := w.prepare(ctx, text)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(ctx)
	return err
}

func (w *sqliteWriter) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := w.stmts[text]; ok {
		return s, nil
	}
	if w.uniques == nil {
		if err := w.learnUniques(ctx); err != nil {
			return nil, err
		}
	}
	s, err := w.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	w.stmts[text] = s
	return s, nil
}

// learnUniques maps the columns of each unique index to its name, because SQLite's errors tell the columns only.
func (w *sqliteWriter) learnUniques(ctx context.Context) error {
	rows, err := w.conn.QueryContext(ctx, `
		select m.name, i.name, i.origin, group_concat(m.name || '.' || c.name, ', ')
		from sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
		where m.type = 'table' and i."unique"
		group by m.name, i.name, i.origin`)
	if err != nil {
		return err
	}
	defer rows.Close()
	w.uniques = map[string]string{}
	for rows.Next() {
		var table, index, origin, columns string
		if err := rows.Scan(&table, &index, &origin, &columns); err != nil {
			return err
		}
		if origin == "pk" {
			index = table + "_pkey" // as PostgreSQL names it
		}
		w.uniques[columns] = index
	}
	return rows.Err()
}

func drain(rows *sql.Rows) (*Rows, error) {
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	out := &Rows{}
	for rows.Next() {
		vals := make([]any, len(columns))
		refs := make([]any, len(columns))
		for i := range vals {
			refs[i] = &vals[i]
		}
		if err := rows.Scan(refs...); err != nil {
			return nil, err
		}
		out.vals = append(out.vals, vals)
	}
	return out, rows.Err()
}
