package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"

	"modernc.org/sqlite"
)

// sqliteConn talks to the driver directly: the bookkeeping of database/sql costs as much as a small statement.
// One goroutine uses it at a time.
type sqliteConn struct {
	conn  driver.Conn
	stmts map[string]driver.Stmt
}

// preparedStmts bounds the statements that a connection keeps prepared.
const preparedStmts = 1000

func sqliteDSN(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
}

func openSQLiteConn(dsn string) (*sqliteConn, error) {
	conn, err := (&sqlite.Driver{}).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &sqliteConn{conn: conn, stmts: map[string]driver.Stmt{}}, nil
}

// run runs one statement. A context that can be cancelled costs a goroutine, and cancelling a write undoes the whole
// transaction, so the writer never gives one.
func (c *sqliteConn) run(ctx context.Context, s *Stmt) (*Rows, error) {
	stmt, err := c.prepare(s.sql)
	if err != nil {
		return nil, err
	}
	args, err := sqliteArgs(s.args)
	if err != nil {
		return nil, err
	}
	if s.silent {
		_, err := stmt.(driver.StmtExecContext).ExecContext(ctx, args)
		return &Rows{}, err
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	return drain(rows)
}

func (c *sqliteConn) exec(text string) error {
	_, err := c.run(context.Background(), &Stmt{sql: text, silent: true})
	return err
}

func (c *sqliteConn) prepare(text string) (driver.Stmt, error) {
	if s, ok := c.stmts[text]; ok {
		return s, nil
	}
	if len(c.stmts) >= preparedStmts {
		c.forget()
	}
	s, err := c.conn.Prepare(positional(text))
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	c.stmts[text] = s
	return s, nil
}

func (c *sqliteConn) forget() {
	for text, s := range c.stmts {
		_ = s.Close()
		delete(c.stmts, text)
	}
}

func (c *sqliteConn) close() {
	c.forget()
	_ = c.conn.Close()
}

func sqliteArgs(args []any) ([]driver.NamedValue, error) {
	out := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		v, err := sqliteValue(arg)
		if err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i+1, err)
		}
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out, nil
}

func sqliteValue(arg any) (driver.Value, error) {
	switch v := arg.(type) {
	case string, int64, bool:
		return v, nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return v, nil
	}
	return driver.DefaultParameterConverter.ConvertValue(arg)
}

func drain(rows driver.Rows) (*Rows, error) {
	defer rows.Close()
	width := len(rows.Columns())
	out := &Rows{}
	for {
		vals := make([]driver.Value, width)
		if err := rows.Next(vals); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		row := make([]any, width)
		for i, v := range vals {
			row[i] = v
		}
		out.vals = append(out.vals, row)
	}
}
