package inbox

import (
	"strconv"
	"strings"

	"kept.dev/kit/event"
)

// insertIDs is one statement for all ids. Its length is a power of two, filled up with the last id, so that few
// different statements need to be prepared.
func insertIDs(events []event.Event) (string, []any) {
	size := 1
	for size < len(events) {
		size *= 2
	}
	var text strings.Builder
	text.WriteString("insert into inbox (id) values ")
	args := make([]any, size)
	for i := range args {
		args[i] = events[min(i, len(events)-1)].ID
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString("($" + strconv.Itoa(i+1) + ")")
	}
	text.WriteString(" on conflict do nothing returning id")
	return text.String(), args
}
