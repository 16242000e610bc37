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

// Scan copies the row's columns into pointers to string, int64, int, int32, uint32, bool or []byte, or into a
// pointer to such a pointer where a column may be NULL. NULL scans as the zero value otherwise.
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

func assign(dest, v any) error {
	switch d := dest.(type) {
	case *string:
		return assignString(d, v)
	case *[]byte:
		return assignBytes(d, v)
	case *bool:
		return assignBool(d, v)
	case *int64:
		return assignInt(v, func(n int64) { *d = n })
	case *int:
		return assignInt(v, func(n int64) { *d = int(n) })
	case *int32:
		return assignInt(v, func(n int64) { *d = int32(n) })
	case *uint32:
		return assignInt(v, func(n int64) { *d = uint32(n) })
	case **string:
		return assignPointer(d, v)
	case **int64:
		return assignPointer(d, v)
	}
	return fmt.Errorf("cannot scan into %T", dest)
}

func assignPointer[T any](d **T, v any) error {
	if v == nil {
		*d = nil
		return nil
	}
	*d = new(T)
	return assign(*d, v)
}

func assignString(d *string, v any) error {
	switch s := v.(type) {
	case nil:
		*d = ""
	case string:
		*d = s
	case []byte:
		*d = string(s)
	default:
		return fmt.Errorf("%T is not text", v)
	}
	return nil
}

func assignBytes(d *[]byte, v any) error {
	switch b := v.(type) {
	case nil:
		*d = nil
	case []byte:
		*d = b
	case string:
		*d = []byte(b)
	default:
		return fmt.Errorf("%T is not bytes", v)
	}
	return nil
}

func assignBool(d *bool, v any) error {
	switch b := v.(type) {
	case nil:
		*d = false
	case bool:
		*d = b
	case int64:
		*d = b != 0
	default:
		return fmt.Errorf("%T is not a boolean", v)
	}
	return nil
}

func assignInt(v any, set func(int64)) error {
	switch n := v.(type) {
	case nil:
		set(0)
	case int64:
		set(n)
	case int32:
		set(int64(n))
	case int16:
		set(int64(n))
	case bool:
		if n {
			set(1)
		} else {
			set(0)
		}
	default:
		return fmt.Errorf("%T is not a whole number", v)
	}
	return nil
}
