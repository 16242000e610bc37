package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/errs"
)

var (
	operators = []string{"=", "!=", "<", "<=", ">", ">="}
	equality  = operators[:2]
)

// literal is what stands on a comparison's right: text, in quotes or not, or a whole number.
type literal struct {
	text   string
	quoted bool
	number *int64
	other  bool // a function, a fraction, an expression
}

func literalOf(e *expr.Expr) literal {
	switch kind := e.GetExprKind().(type) {
	case *expr.Expr_IdentExpr:
		return literal{text: kind.IdentExpr.GetName()}
	case *expr.Expr_ConstExpr:
		switch value := kind.ConstExpr.GetConstantKind().(type) {
		case *expr.Constant_StringValue:
			return literal{text: value.StringValue, quoted: true}
		case *expr.Constant_Int64Value:
			return literal{number: &value.Int64Value}
		}
	}
	return literal{other: true}
}

// pathOf is a field's name as it was written, or something that no field is called.
func pathOf(e *expr.Expr) string {
	switch kind := e.GetExprKind().(type) {
	case *expr.Expr_IdentExpr:
		return kind.IdentExpr.GetName()
	case *expr.Expr_SelectExpr:
		var path []string
		for s := kind.SelectExpr; s != nil; s = s.GetOperand().GetSelectExpr() {
			path = append(path, s.GetField())
			if root := s.GetOperand().GetIdentExpr(); root != nil {
				path = append(path, root.GetName())
			}
		}
		slices.Reverse(path)
		return strings.Join(path, ".")
	case *expr.Expr_CallExpr:
		return kind.CallExpr.GetFunction() + "(…)"
	}
	if text := literalOf(e); text.quoted {
		return fmt.Sprintf("%q", text.text)
	}
	return "a number"
}

// operand checks the operator and the value against the field's kind, and gives them as the column wants them.
func (f Field) operand(operator string, lit literal) (string, any, error) {
	if (f.Kind == Bool || f.Kind == Enum) && !slices.Contains(equality, operator) {
		return "", nil, errs.Invalid("filter", "%s knows = and != only", f.Name)
	}
	switch f.Kind {
	case Int:
		if lit.number != nil {
			return operator, *lit.number, nil
		}
	case Bool:
		if !lit.quoted && (lit.text == "true" || lit.text == "false") {
			return operator, lit.text == "true", nil
		}
	case Enum:
		if value := f.enumValue(lit); value != nil {
			return operator, int64(value.Number()), nil
		}
	case Timestamp:
		if at, err := time.Parse(time.RFC3339, lit.text); err == nil && lit.quoted {
			return f.moment(operator, at)
		}
	case String:
		if lit.number == nil && !lit.other {
			return f.stringOperand(operator, lit.text)
		}
	}
	return "", nil, errs.Invalid("filter", "%s wants %s", f.Name, f.wants())
}

func (f Field) enumValue(lit literal) protoreflect.EnumValueDescriptor {
	if lit.text == "" || lit.quoted {
		return nil
	}
	return f.Enum.Descriptor().Values().ByName(protoreflect.Name(lit.text))
}

func (f Field) stringOperand(operator, text string) (string, any, error) {
	switch rest, ok := strings.CutPrefix(text, f.Prefix); {
	case !storable(text):
		return "", nil, errs.Invalid("filter", "the value of %s is not text", f.Name)
	case !ok:
		return "", nil, errs.Invalid("filter", "the value of %s begins with %q", f.Name, f.Prefix)
	case strings.Contains(text, "*"):
		return "", nil, errs.Invalid("filter", "the value of %s has a wildcard (*), which is not supported", f.Name)
	default:
		return operator, rest, nil
	}
}

// moment compares with microseconds, which is all that columns hold. A finer time lies between two of them: it
// is after the one exactly if it is not before it, and equal to none.
func (f Field) moment(operator string, at time.Time) (string, any, error) {
	micros := at.UnixMicro()
	if at.Equal(time.UnixMicro(micros)) {
		return operator, micros, nil
	}
	switch operator {
	case filtering.FunctionLessThan:
		return filtering.FunctionLessEquals, micros, nil
	case filtering.FunctionGreaterEquals:
		return filtering.FunctionGreaterThan, micros, nil
	case filtering.FunctionLessEquals, filtering.FunctionGreaterThan:
		return operator, micros, nil
	}
	return "", nil, errs.Invalid("filter", "%s is never finer than a microsecond", f.Name)
}

func (f Field) wants() string {
	switch f.Kind {
	case Int:
		return "a whole number"
	case Bool:
		return "true or false"
	case Timestamp:
		return `a time in RFC 3339, in quotes, such as "2026-12-01T00:00:00Z"`
	case Enum:
		return "one of " + f.enumNames() + ", without quotes"
	default:
		return "text in quotes"
	}
}

func (f Field) enumNames() string {
	values := f.Enum.Descriptor().Values()
	names := make([]string, values.Len())
	for i := range names {
		names[i] = string(values.Get(i).Name())
	}
	return strings.Join(names, ", ")
}
