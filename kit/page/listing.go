// Package page answers List requests: page tokens (AIP-158), filter (AIP-160) and order_by (AIP-132) over declared
// fields, as SQL that PostgreSQL and SQLite both take.
//
// Pages are cut by key, not by offset: a page starts after the last row of the one before, so that page 1000
// costs what page 1 costs, and a row that is neither new nor changed comes exactly once.
package page

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/errs"
)

// The sizes of a page: what 0 means, and the most; more is taken for the most (AIP-158).
const (
	DefaultSize = 50
	MaxSize     = 1000
)

// Kind is what a field holds, and so how it is written in a filter and stored in its column.
type Kind int

// The kinds of field.
const (
	String    Kind = iota // TEXT; "in quotes"
	Int                   // BIGINT; 42
	Bool                  // BOOLEAN; true, false, or the field's name alone
	Timestamp             // BIGINT microseconds UTC; "2026-12-01T00:00:00Z" (RFC 3339)
	Enum                  // BIGINT; the value's name, without quotes
)

// Field is one field that callers may filter and order by.
type Field struct {
	Name   string // in the API
	Column string // in the table; Name when empty
	Kind   Kind
	// Enum is any value of a Kind Enum's type.
	Enum protoreflect.Enum
	// Prefix is what a String has in the API and not in the column, such as "customers/".
	Prefix string
	// Nullable says that the column may be NULL. Unset differs from every value: it matches != only.
	// A nullable field can't be ordered by, since databases disagree about where NULL belongs.
	Nullable bool
	// FilterOnly and OrderOnly narrow what the field is good for: order_by wants an index.
	FilterOnly, OrderOnly bool
}

func (f Field) column() string {
	if f.Column == "" {
		return f.Name
	}
	return f.Column
}

func (f Field) orders() bool  { return !f.FilterOnly && !f.Nullable }
func (f Field) filters() bool { return !f.OrderOnly }

// Listing declares what a List method can be asked for. It is a constant in all but name: share it freely.
type Listing struct {
	Fields []Field
	// ID is a unique column without NULLs, which ends every order. It is TEXT, unless Fields say otherwise.
	ID string
	// DefaultOrder is an order_by; by ID alone when empty.
	DefaultOrder string
}

// Request is a List request. It may also have GetFilter and GetOrderBy.
type Request interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// Parse understands the request, or says what is wrong with it.
//
// Errors: INVALID_ARGUMENT for page_size, page_token, filter or order_by.
func (l Listing) Parse(req Request) (*Query, error) {
	size, err := sizeOf(req)
	if err != nil {
		return nil, err
	}
	keys, err := l.order(orderBy(req))
	if err != nil {
		return nil, err
	}
	match, err := l.compile(filter(req))
	if err != nil {
		return nil, err
	}
	q := &Query{size: size, keys: keys, match: match, request: fingerprint(req, keys)}
	if token := req.GetPageToken(); token != "" {
		q.after, err = q.decode(token)
	}
	return q, err
}

func sizeOf(req Request) (int, error) {
	switch n := int(req.GetPageSize()); {
	case n < 0:
		return 0, errs.Invalid("page_size", "must not be negative; 0 means %d, the most is %d", DefaultSize, MaxSize)
	case n == 0:
		return DefaultSize, nil
	default:
		return min(n, MaxSize), nil
	}
}

func filter(req Request) string {
	if r, ok := req.(interface{ GetFilter() string }); ok {
		return strings.TrimSpace(r.GetFilter())
	}
	return ""
}

func orderBy(req Request) string {
	if r, ok := req.(interface{ GetOrderBy() string }); ok {
		return strings.TrimSpace(r.GetOrderBy())
	}
	return ""
}

// find returns the field of that name, if it may be used so.
func (l Listing) find(name string, may func(Field) bool) (Field, bool) {
	i := slices.IndexFunc(l.Fields, func(f Field) bool { return f.Name == name && may(f) })
	if i < 0 {
		return Field{}, false
	}
	return l.Fields[i], true
}

// names lists the fields that may be used so, for messages.
func (l Listing) names(may func(Field) bool) string {
	var names []string
	for _, f := range l.Fields {
		if may(f) {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
