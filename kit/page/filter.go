package page

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"

	"kept.dev/kit/errs"
)

// The bounds of a filter. They keep the work of reading it, and the SQL that it becomes, small.
const (
	maxFilter      = 4000 // bytes
	maxNesting     = 32   // parentheses within parentheses
	maxComparisons = 100
)

// compile turns a filter into at most one condition.
func (l Listing) compile(text string) ([]Cond, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxFilter {
		return nil, errs.Invalid("filter", "is longer than %d bytes", maxFilter)
	}
	if !storable(text) {
		return nil, errs.Invalid("filter", "is not text")
	}
	if strings.Count(text, "(") > maxComparisons {
		return nil, errs.Invalid("filter", "has more than %d parentheses", maxComparisons)
	}
	var p filtering.Parser
	p.Init(text)
	parsed, err := p.Parse()
	if err != nil {
		return nil, explain(err)
	}
	c := &compiler{listing: l}
	cond, err := c.expression(parsed.GetExpr(), 0)
	if err != nil {
		return nil, err
	}
	return []Cond{cond}, nil
}

// explain finds where and why the parser stopped; its outer errors only tell through which rules it came there.
func explain(err error) error {
	var found interface {
		Position() filtering.Position
		Message() string
	}
	for inner := err; errors.As(inner, &found); {
		inner = errors.Unwrap(inner)
	}
	switch {
	case errors.Is(err, io.EOF):
		return errs.Invalid("filter", "ends too early")
	case found == nil:
		return errs.Invalid("filter", "can't be read; a filter is like: a = 1 AND (b = \"x\" OR NOT c)")
	default:
		return errs.Invalid("filter", "can't be read at character %d: %s; text belongs in quotes",
			found.Position().Column, strings.ToLower(found.Message()))
	}
}

// compiler counts comparisons while it turns the parser's tree into SQL.
type compiler struct {
	listing     Listing
	comparisons int
}

func (c *compiler) expression(e *expr.Expr, depth int) (Cond, error) {
	if depth > maxNesting {
		return Cond{}, errs.Invalid("filter", "is nested more than %d deep", maxNesting)
	}
	call := e.GetCallExpr()
	if call == nil {
		return c.alone(e)
	}
	switch name, args := call.GetFunction(), call.GetArgs(); {
	case name == filtering.FunctionAnd && len(args) == 2:
		return c.chain(e, "and", depth)
	case name == filtering.FunctionOr && len(args) == 2:
		return c.chain(e, "or", depth)
	case name == filtering.FunctionNot && len(args) == 1:
		inner, err := c.expression(args[0], depth+1)
		return Cond{"not (" + inner.sql + ")", inner.args}, err
	case slices.Contains(operators, name) && len(args) == 2:
		return c.comparison(args[0], name, args[1])
	case name == filtering.FunctionFuzzyAnd:
		return Cond{}, errs.Invalid("filter", "has comparisons side by side; join them with AND or OR, in capitals")
	default:
		return Cond{}, errs.Invalid("filter", "%q is not supported; there are %s, AND, OR, NOT and parentheses",
			name, strings.Join(operators, " "))
	}
}

// chain puts a AND b AND c side by side. The parser nests them to the left, which is no nesting of the caller's.
func (c *compiler) chain(e *expr.Expr, word string, depth int) (Cond, error) {
	function := e.GetCallExpr().GetFunction()
	var operands []*expr.Expr
	for {
		call := e.GetCallExpr()
		if call.GetFunction() != function || len(call.GetArgs()) != 2 {
			operands = append(operands, e)
			break
		}
		operands = append(operands, call.GetArgs()[1])
		e = call.GetArgs()[0]
	}
	slices.Reverse(operands)
	conds := make([]Cond, len(operands))
	for i, o := range operands {
		var err error
		if conds[i], err = c.expression(o, depth+1); err != nil {
			return Cond{}, err
		}
	}
	return join(conds, word), nil
}

// alone reads an expression without a comparator: the name of a Bool field.
func (c *compiler) alone(e *expr.Expr) (Cond, error) {
	f, err := c.field(e)
	if err != nil {
		return Cond{}, err
	}
	if f.Kind != Bool {
		return Cond{}, errs.Invalid("filter", "%q stands alone; compare it with a value", f.Name)
	}
	return c.compare(f, filtering.FunctionEquals, true)
}

func (c *compiler) comparison(left *expr.Expr, operator string, right *expr.Expr) (Cond, error) {
	f, err := c.field(left)
	if err != nil {
		return Cond{}, err
	}
	operator, value, err := f.operand(operator, literalOf(right))
	if err != nil {
		return Cond{}, err
	}
	return c.compare(f, operator, value)
}

func (c *compiler) field(e *expr.Expr) (Field, error) {
	name := pathOf(e)
	f, ok := c.listing.find(name, Field.filters)
	if !ok {
		return Field{}, errs.Invalid("filter", "%q is not a field to filter by; there are: %s",
			name, c.listing.names(Field.filters))
	}
	return f, nil
}

// compare writes the comparison so that it is true or false and never NULL, or else NOT would not turn it round.
func (c *compiler) compare(f Field, operator string, value any) (Cond, error) {
	if c.comparisons++; c.comparisons > maxComparisons {
		return Cond{}, errs.Invalid("filter", "has more than %d comparisons", maxComparisons)
	}
	sql, args := f.column()+" "+operator+" ?", []any{value}
	if f.Kind == Enum { // spelled out, so that an index over some of the values only is found to fit
		sql, args = fmt.Sprintf("%s %s %d", f.column(), operator, value), nil
	}
	switch {
	case !f.Nullable:
	case operator == filtering.FunctionNotEquals:
		sql = "(" + f.column() + " is null or " + sql + ")"
	default:
		sql = "(" + f.column() + " is not null and " + sql + ")"
	}
	return Where(sql, args...), nil
}
