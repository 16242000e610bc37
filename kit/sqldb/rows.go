package sqldb

import (
	"errors"
	"fmt"
)

// ErrNoRow is the answer of One when the query found nothing.
var ErrNoRow = errors.New("no row")

// Rows is a whole result in memory. Queries are paged, so results are small.
type Rows struct {
	vals [][]any
	next int
}

// Len is the number of rows.
func (r *Rows) Len() int { return len(r.vals) }

// Next moves to the next row.
func (r *Rows) Next() bool {
	r.next++
	return r.next <= len(r.vals)
}

// Scan copies the row's columns into pointers to string, int64, int, int32, uint32, float64, bool or []byte, or into a
// pointer to a pointer to string, int64, float64 or bool where a column may be NULL. NULL scans as the zero value
// otherwise. A number that does not fit is an error.
func (r *Rows) Scan(dest ...any) error {
	row := r.vals[r.next-1]
	if len(row) != len(dest) {
		return fmt.Errorf("sqldb: scan of %d columns into %d places", len(row), len(dest))
	}
	for i, v := range row {
		if err := assign(dest[i], v); err != nil {
			return fmt.Errorf("sqldb: column %d: %w", i+1, err)
		}
	}
	return nil
}

// ScanLast copies the row's last columns as Scan does, and returns the row of those before them, for somebody else to scan.
func (r *Rows) ScanLast(dest ...any) (*Rows, error) {
	row := r.vals[r.next-1]
	if len(row) < len(dest) {
		return nil, fmt.Errorf("sqldb: scan of %d columns into %d places", len(row), len(dest))
	}
	first := len(row) - len(dest)
	last := &Rows{vals: [][]any{row[first:]}, next: 1}
	return &Rows{vals: [][]any{row[:first]}, next: 1}, last.Scan(dest...)
}

// All scans every row by the given function.
func All[T any](rows *Rows, scan func(*Rows) (T, error)) ([]T, error) {
	out := make([]T, 0, rows.Len())
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// One scans the first row, or returns ErrNoRow.
func One[T any](rows *Rows, scan func(*Rows) (T, error)) (T, error) {
	if !rows.Next() {
		var zero T
		return zero, ErrNoRow
	}
	return scan(rows)
}
