package sqldb

import (
	"fmt"
	"math"

	"github.com/jackc/pgx/v5/pgtype"
)

func assign(dest, v any) error {
	switch d := dest.(type) {
	case *string:
		return assignString(d, v)
	case *[]byte:
		return assignBytes(d, v)
	case *bool:
		return assignBool(d, v)
	case *int64:
		return assignInt(v, math.MinInt64, math.MaxInt64, func(n int64) { *d = n })
	case *int:
		return assignInt(v, math.MinInt, math.MaxInt, func(n int64) { *d = int(n) })
	case *int32:
		return assignInt(v, math.MinInt32, math.MaxInt32, func(n int64) { *d = int32(n) })
	case *uint32:
		return assignInt(v, 0, math.MaxUint32, func(n int64) { *d = uint32(n) })
	case *float64:
		return assignFloat(d, v)
	case **string:
		return assignPointer(d, v)
	case **int64:
		return assignPointer(d, v)
	case **float64:
		return assignPointer(d, v)
	case **bool:
		return assignPointer(d, v)
	}
	return fmt.Errorf("cannot scan into %T", dest)
}

func assignPointer[T any](d **T, v any) error {
	if v == nil {
		*d = nil
		return nil
	}
	*d = new(T)
	return assign(*d, v)
}

func assignString(d *string, v any) error {
	switch s := v.(type) {
	case nil:
		*d = ""
	case string:
		*d = s
	case []byte:
		*d = string(s)
	default:
		return fmt.Errorf("%T is not text", v)
	}
	return nil
}

func assignBytes(d *[]byte, v any) error {
	switch b := v.(type) {
	case nil:
		*d = nil
	case []byte:
		*d = b
	case string:
		*d = []byte(b)
	default:
		return fmt.Errorf("%T is not bytes", v)
	}
	return nil
}

func assignBool(d *bool, v any) error {
	switch b := v.(type) {
	case nil:
		*d = false
	case bool:
		*d = b
	case int64:
		*d = b != 0
	default:
		return fmt.Errorf("%T is not a boolean", v)
	}
	return nil
}

func assignInt(v any, low, high int64, set func(int64)) error {
	n, err := wholeNumber(v)
	if err != nil {
		return err
	}
	if n < low || n > high {
		return fmt.Errorf("%d does not fit", n)
	}
	set(n)
	return nil
}

func wholeNumber(v any) (int64, error) {
	switch n := v.(type) {
	case nil:
		return 0, nil
	case int64:
		return n, nil
	case int32:
		return int64(n), nil
	case int16:
		return int64(n), nil
	case bool:
		if n {
			return 1, nil
		}
		return 0, nil
	case pgtype.Numeric: // what PostgreSQL makes of sum() over BIGINT
		whole, err := n.Int64Value()
		return whole.Int64, err
	}
	return 0, fmt.Errorf("%T is not a whole number", v)
}

func assignFloat(d *float64, v any) error {
	switch n := v.(type) {
	case float64:
		*d = n
	case float32:
		*d = float64(n)
	case pgtype.Numeric:
		f, err := n.Float64Value()
		*d = f.Float64
		return err
	default:
		whole, err := wholeNumber(v)
		*d = float64(whole)
		return err
	}
	return nil
}
