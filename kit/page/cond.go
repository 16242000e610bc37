package page

import (
	"strconv"
	"strings"
)

// Cond is a condition on rows, with its arguments at the question marks.
type Cond struct {
	sql  string
	args []any
}

// Where makes a condition: Where("customer = ?", scope.Customer). A question mark always stands for an argument.
func Where(sql string, args ...any) Cond { return Cond{sql, args} }

// numbered puts $from and so on for the question marks, which both databases take.
func numbered(sql string, from int) string {
	var out strings.Builder
	n := 0
	for part := range strings.SplitSeq(sql, "?") {
		if n > 0 {
			out.WriteString("$" + strconv.Itoa(from+n-1))
		}
		out.WriteString(part)
		n++
	}
	return out.String()
}

// join puts conditions together: all of them, or any.
func join(conds []Cond, word string) Cond {
	if len(conds) == 1 {
		return conds[0]
	}
	parts := make([]string, len(conds))
	var args []any
	for i, c := range conds {
		parts[i] = c.sql
		args = append(args, c.args...)
	}
	return Cond{"(" + strings.Join(parts, " "+word+" ") + ")", args}
}
