package scenario

import (
	"fmt"
	"strconv"
	"strings"
)

// count adds up a number over the objects of a list, those of them that have the given fields.
func count(list []map[string]any, field string, where ...string) (sum int) {
	for _, item := range list {
		fits := true
		for i := 0; i < len(where); i += 2 {
			fits = fits && fmt.Sprint(item[where[i]]) == where[i+1]
		}
		if n, err := strconv.Atoi(fmt.Sprint(item[field])); fits && err == nil {
			sum += n
		}
	}
	return sum
}

// contains tells whether the text has the words, however its lines are broken.
func contains(text, words string) bool {
	flat := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return strings.Contains(flat(text), flat(words))
}
