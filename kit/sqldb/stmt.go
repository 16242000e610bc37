package sqldb

import (
	"errors"
	"strings"
)

// Stmt is one SQL statement in a transaction, with what it means when a named constraint refuses it.
type Stmt struct {
	sql      string
	args     []any
	hotKey   string
	silent   bool // nobody wants its rows
	refusals []refusal
}

type refusal struct {
	constraint string
	reason     error
}

// Q makes a statement for Batch.
func Q(sql string, args ...any) *Stmt { return &Stmt{sql: sql, args: args} }

// Refuse says which error the caller gets when the named constraint refuses the statement.
func (s *Stmt) Refuse(constraint string, reason error) *Stmt {
	s.refusals = append(s.refusals, refusal{constraint, reason})
	return s
}

// Hot marks a statement that locks a row which many callers want (stock, a balance). Hot statements run last in their
// transaction, in order of key: the lock is held for the tail of the transaction only, and two transactions never wait for
// each other in a circle.
func (s *Stmt) Hot(key string) *Stmt {
	s.hotKey = key
	return s
}

func (s *Stmt) explain(err error) error {
	var broken *ConstraintError
	if !errors.As(err, &broken) {
		return err
	}
	for _, r := range s.refusals {
		if r.constraint == broken.Name {
			return r.reason
		}
	}
	return err
}

func (s *Stmt) readOnly() bool {
	head := s.sql
	if len(head) > 64 {
		head = head[:64]
	}
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(head)), "select") &&
		!strings.Contains(s.sql, "for update")
}
