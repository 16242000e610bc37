package sqldb

import (
	"slices"
	"strings"
	"time"

	"kept.dev/kit/errs"
)

// Tx is one caller's part of a transaction. It is used by one goroutine, inside the closure given to Update.
//
// Exec only notes a statement; it travels with the next Query or Batch, or with the commit, in one round trip.
// So a closure that only writes costs a single round trip however many rows it touches.
type Tx struct {
	pending []*Stmt
	after   []func()
	noted   map[string]time.Time // see Notify
	tell    func(noted map[string]time.Time)
	once    bool  // it may ask once only
	asked   bool  // it has asked
	wrote   bool  // statements that change rows have been sent
	failed  error // of the first trip that failed; it is the closure's end
	// trip sends statements in one round trip and returns their results in the same order.
	trip func(stmts []*Stmt) ([]*Rows, error)
}

// Exec notes a statement whose result is not needed. Errors come from the next Query, or from Update itself.
// A statement that matches no row is no error: hold invariants by named constraints, not by counting rows.
func (tx *Tx) Exec(sql string, args ...any) *Stmt {
	s := Q(sql, args...)
	s.silent = true
	tx.pending = append(tx.pending, s)
	return s
}

// Query sends what is pending and then the query, in one round trip, and returns the query's rows.
func (tx *Tx) Query(sql string, args ...any) (*Rows, error) {
	rows, err := tx.Batch(Q(sql, args...))
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// Batch sends what is pending and then the queries, in one round trip, and returns the rows of each query.
func (tx *Tx) Batch(queries ...*Stmt) ([]*Rows, error) {
	if tx.failed != nil {
		return nil, tx.failed
	}
	stmts := append(tx.pending, queries...)
	tx.pending = nil
	if len(stmts) == 0 {
		return nil, nil
	}
	if tx.asked && tx.once {
		tx.failed = errs.Internal("a closure that shares its transaction asked twice: what others write in between would mislead it")
		return nil, tx.failed
	}
	tx.asked = true
	for _, s := range stmts {
		tx.wrote = tx.wrote || !s.readOnly()
	}
	rows, err := tx.trip(stmts)
	if err != nil {
		tx.failed = err
		return nil, err
	}
	return rows[len(rows)-len(queries):], nil
}

// AfterCommit leaves a function to be called when the transaction has become durable: to wake up whoever waits for
// its rows. It may never be called (the process may die first), so nothing may depend on it.
func (tx *Tx) AfterCommit(do func()) { tx.after = append(tx.after, do) }

func (tx *Tx) committed() {
	for _, do := range tx.after {
		do()
	}
	tx.tell(tx.noted)
}

// take empties the list of what the closure left pending at its end, hot statements last.
func (tx *Tx) take() []*Stmt {
	stmts := tx.pending
	tx.pending = nil
	slices.SortStableFunc(stmts, byKey)
	return stmts
}

func byKey(a, b *Stmt) int {
	return strings.Compare(a.hotKey, b.hotKey)
}
