package page

import (
	"strings"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/errs"
)

// Query is a List request understood: one page to read, and the token of the next.
type Query struct {
	size    int
	keys    []key
	match   []Cond // the filter; none or one
	after   []any  // the last row's keys on the page before; none on the first
	request [32]byte
}

// Size is how many rows the page holds at most.
func (q *Query) Size() int { return q.size }

// SQL ends the given "select … from …" (without a where) with the caller's scope, the filter, the page's start,
// the order and a limit of one more than the page's size: the row too many tells that there is a next page.
func (q *Query) SQL(selectFrom string, scope ...Cond) (text string, args []any) {
	return q.SQLWith(selectFrom, nil, scope...)
}

// SQLWith is SQL for a "select … from …" with parameters of its own, $1 and so on, and their arguments.
func (q *Query) SQLWith(selectFrom string, own []any, scope ...Cond) (text string, args []any) {
	conds := append(append([]Cond(nil), scope...), q.match...)
	if q.after != nil {
		conds = append(conds, beyond(q.keys, q.after))
	}
	args = append(args, own...)
	var sql strings.Builder
	for i, c := range conds {
		if i == 0 {
			sql.WriteString("\nwhere " + c.sql)
		} else {
			sql.WriteString("\nand " + c.sql)
		}
		args = append(args, c.args...)
	}
	sql.WriteString("\norder by " + strings.Join(q.order(), ", ") + "\nlimit ?")
	return selectFrom + numbered(sql.String(), len(own)+1), append(args, int64(q.size)+1)
}

func (q *Query) order() []string {
	out := make([]string, len(q.keys))
	for i, k := range q.keys {
		out[i] = k.column
		if k.desc {
			out[i] += " desc"
		}
	}
	return out
}

// Columns are the columns of the order. Next wants their values of the page's last row.
func (q *Query) Columns() []string {
	out := make([]string, len(q.keys))
	for i, k := range q.keys {
		out[i] = k.column
	}
	return out
}

// Next is the token of the page that follows the row with these values, in the order of Columns: a string, an
// int64 or a bool each, as stored. Most callers want Cut.
func (q *Query) Next(values ...any) (string, error) {
	if len(values) != len(q.keys) {
		return "", errs.Internal("a page token needs %d values, not %d", len(q.keys), len(values))
	}
	return q.encode(values)
}

// Cut takes off the rows too many, if there are any, and makes the token of the next page; it is empty on the last. Of rows that are
// messages there may be fewer than were asked for (AIP-158): an answer that is too large would not arrive at all.
// value gives a row's value in a column of the order, as stored: string, int64 or bool.
func Cut[T any](q *Query, rows []T, value func(row T, column string) any) (page []T, next string, err error) {
	n := fitting(rows[:min(q.size, len(rows))])
	if n == len(rows) {
		return rows, "", nil
	}
	last := rows[n-1]
	values := make([]any, len(q.keys))
	for i, k := range q.keys {
		values[i] = value(last, k.column)
	}
	next, err = q.Next(values...)
	return rows[:n], next, err
}

// mostBytes is about how much a page has at most, half of what gRPC takes.
const mostBytes = 2 << 20

// fitting is how many of the rows fit into a page: one at least.
func fitting[T any](rows []T) int {
	size := 0
	for i, row := range rows {
		if m, ok := any(row).(proto.Message); ok {
			size += proto.Size(m)
		}
		if size > mostBytes && i > 0 {
			return i
		}
	}
	return len(rows)
}

// beyond is true for rows that come after the given one.
//
// In one direction it is a comparison of rows, (a, id) < (?, ?), which both databases answer by seeking in an index
// on those columns. In mixed directions there is no such comparison: then it is spelled out, and the
// first column's bound comes alone first, since that much an index can still seek.
func beyond(keys []key, values []any) Cond {
	for _, k := range keys {
		if k.desc != keys[0].desc {
			bound := Where(keys[0].column+keys[0].sign()+"= ?", values[0])
			return join([]Cond{bound, spelled(keys, values)}, "and")
		}
	}
	columns, marks := keys[0].column, "?"
	for _, k := range keys[1:] {
		columns, marks = columns+", "+k.column, marks+", ?"
	}
	if len(keys) == 1 {
		return Where(columns+keys[0].sign()+" ?", values...)
	}
	return Where("("+columns+")"+keys[0].sign()+" ("+marks+")", values...)
}

// spelled is a < ? or (a = ? and (b > ? or (b = ? and …))).
func spelled(keys []key, values []any) Cond {
	first := Where(keys[0].column+keys[0].sign()+" ?", values[0])
	if len(keys) == 1 {
		return first
	}
	tie := Where(keys[0].column+" = ?", values[0])
	return join([]Cond{first, join([]Cond{tie, spelled(keys[1:], values[1:])}, "and")}, "or")
}

func (k key) sign() string {
	if k.desc {
		return " <"
	}
	return " >"
}
