package page

import (
	"slices"
	"strings"

	"kept.dev/kit/errs"
)

// maxOrder bounds an order_by's length in bytes.
const maxOrder = 500

// key is one column of the order.
type key struct {
	column string
	kind   Kind
	desc   bool
}

// order reads an order_by such as "due_time desc, make_time", and ends it with the id in the last direction.
func (l Listing) order(text string) ([]key, error) {
	if text == "" {
		text = l.DefaultOrder
	}
	if len(text) > maxOrder {
		return nil, errs.Invalid("order_by", "is longer than %d bytes", maxOrder)
	}
	var keys []key
	desc := false
	for part := range strings.SplitSeq(text, ",") {
		if text == "" {
			break
		}
		k, err := l.orderKey(part)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(keys, func(seen key) bool { return seen.column == k.column }) {
			return nil, errs.Invalid("order_by", "names a field twice: %q", strings.TrimSpace(part))
		}
		keys, desc = append(keys, k), k.desc
	}
	return l.endWithID(keys, desc), nil
}

func (l Listing) orderKey(part string) (key, error) {
	words := strings.Fields(part)
	if len(words) == 0 || len(words) > 2 || (len(words) == 2 && words[1] != "asc" && words[1] != "desc") {
		return key{}, errs.Invalid("order_by", `%q is not a field, or a field with "asc" or "desc"`, part)
	}
	f, ok := l.find(words[0], Field.orders)
	if !ok {
		return key{}, errs.Invalid("order_by", "%q is not a field to order by; there are: %s", words[0], l.names(Field.orders))
	}
	return key{column: f.column(), kind: f.Kind, desc: len(words) == 2 && words[1] == "desc"}, nil
}

// endWithID makes the order total: rows that are alike in all else differ by id. What follows an id is idle.
func (l Listing) endWithID(keys []key, desc bool) []key {
	if i := slices.IndexFunc(keys, func(k key) bool { return k.column == l.ID }); i >= 0 {
		return keys[:i+1]
	}
	kind := String
	for _, f := range l.Fields {
		if f.column() == l.ID {
			kind = f.Kind
		}
	}
	return append(keys, key{column: l.ID, kind: kind, desc: desc})
}
