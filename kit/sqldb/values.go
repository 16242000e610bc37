package sqldb

import (
	"math/bits"
	"strconv"
	"strings"
)

// mostValues bounds the parameters of one statement that Values makes. Beyond some thousand, preparing one costs more than is
// saved by sending fewer.
const mostValues = 1024

// Values makes statements that insert many rows: head ("insert into x (a, b) values") and tail ("on conflict do nothing
// returning a") stand around the rows' parameters. All rows have the same length. The statements' lengths are powers of two,
// so that few different ones need to be prepared, and together they have the rows in their order.
func Values(head string, rows [][]any, tail string) []*Stmt {
	if len(rows) == 0 {
		return nil
	}
	width := len(rows[0])
	most := 1 << (bits.Len(uint(max(1, mostValues/width))) - 1)
	var stmts []*Stmt
	for len(rows) > 0 {
		n := min(most, 1<<(bits.Len(uint(len(rows)))-1))
		args := make([]any, 0, n*width)
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		stmts = append(stmts, Q(head+placeholders(n, width)+tail, args...))
		rows = rows[n:]
	}
	return stmts
}

// placeholders is " ($1, $2), ($3, $4) ".
func placeholders(rows, width int) string {
	var text strings.Builder
	for i := range rows * width {
		switch {
		case i == 0:
			text.WriteString(" (")
		case i%width == 0:
			text.WriteString("), (")
		default:
			text.WriteString(", ")
		}
		text.WriteString("$" + strconv.Itoa(i+1))
	}
	text.WriteString(") ")
	return text.String()
}

// ExecValues notes the statements that Values makes, as Exec notes one.
func (tx *Tx) ExecValues(head string, rows [][]any, tail string) {
	for _, s := range Values(head, rows, tail) {
		s.silent = true
		tx.pending = append(tx.pending, s)
	}
}

// BatchValues sends what is pending and then the statements that Values makes, in one round trip, and returns the rows of all
// of them.
func (tx *Tx) BatchValues(head string, rows [][]any, tail string) (*Rows, error) {
	results, err := tx.Batch(Values(head, rows, tail)...)
	if err != nil {
		return nil, err
	}
	all := &Rows{}
	for _, r := range results {
		all.vals = append(all.vals, r.vals...)
	}
	return all, nil
}
