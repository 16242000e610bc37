package sqldb

import (
	"strconv"
	"strings"
)

// List is the text "($1, $2, …)" and the arguments for "in": its length is a power of two, filled up with the last
// value, so that few different statements need to be prepared. from is the number of the first parameter. Without values it is
// "(null)", in which nothing is.
func List(from int, values []string) (text string, args []any) {
	if len(values) == 0 {
		return "(null)", nil
	}
	size := 1
	for size < len(values) {
		size *= 2
	}
	var b strings.Builder
	for i := range size {
		b.WriteString(map[bool]string{true: "($", false: ", $"}[i == 0])
		b.WriteString(strconv.Itoa(from + i))
		args = append(args, values[min(i, len(values)-1)])
	}
	return b.String() + ")", args
}
