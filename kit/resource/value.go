package resource

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	"kept.dev/kit/money"
)

// ID is the last part of a resource's name: "7" of "customers/7".
func ID(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// NoList is the response type of rows that no List method lists.
type NoList struct{}

// placeholders is ", $2, $3" from the first number to the last.
func placeholders(first, last int) string {
	var text string
	for i := first; i <= last; i++ {
		text += ", $" + strconv.Itoa(i)
	}
	return text
}

// Micros is a moment as a column keeps it, in microseconds since 1970; nil, which is NULL, where there is none.
func Micros(t *timestamppb.Timestamp) any {
	if t == nil {
		return nil
	}
	return t.AsTime().UnixMicro()
}

// DurationMicros is a duration as a column keeps it, in microseconds.
func DurationMicros(d *durationpb.Duration) int64 { return d.AsDuration().Microseconds() }

// OptionalMicros is DurationMicros, or NULL where there is none.
func OptionalMicros(d *durationpb.Duration) any {
	if d == nil {
		return nil
	}
	return DurationMicros(d)
}

// Version is the number that an etag shows: 1 for a row that has none yet.
func Version(etag string) int64 {
	if n, err := strconv.ParseInt(etag, 10, 64); err == nil {
		return n
	}
	return 1
}

// Etag shows a row's version.
func Etag(version int64) string { return strconv.FormatInt(version, 10) }

// Duration is a duration as the contract has it.
func Duration(micros int64) *durationpb.Duration {
	return durationpb.New(time.Duration(micros) * time.Microsecond)
}

// OptionalDuration is Duration, or nil for NULL.
func OptionalDuration(micros *int64) *durationpb.Duration {
	if micros == nil {
		return nil
	}
	return Duration(*micros)
}

// Amount reads an amount of money; none is the zero Amount, which has no currency.
//
// Errors: INVALID_ARGUMENT naming the field for an amount that can't be.
func Amount(field string, m *moneypb.Money) (money.Amount, error) {
	if m == nil {
		return money.Amount{}, nil
	}
	amount, err := money.ParseCurrent(m)
	if err != nil {
		return amount, errs.Invalid(field, "%v", err)
	}
	return amount, nil
}

// Money is an amount as the contract has it; nil for the zero Amount.
func Money(a money.Amount) *moneypb.Money {
	if a.Currency == "" {
		return nil
	}
	return a.Proto()
}

// Pack is a message as a column keeps it that is only ever read and written as a whole.
func Pack(m proto.Message) ([]byte, error) {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if raw == nil {
		raw = []byte{}
	}
	return raw, err
}

// Unpack adds to the message what Pack kept.
func Unpack(raw []byte, to proto.Message) error {
	return proto.UnmarshalOptions{Merge: true}.Unmarshal(raw, to)
}

// PackJSON is Pack for a column of text, which people and migrations can read and write.
func PackJSON(m proto.Message) (string, error) {
	raw, err := protojson.Marshal(m)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = json.Compact(&out, raw) // protojson puts spaces in now and then, so that nobody compares its bytes
	return out.String(), err
}

// UnpackJSON adds to the message what PackJSON kept.
func UnpackJSON(text string, to proto.Message) error {
	kept := to.ProtoReflect().New().Interface()
	if err := protojson.Unmarshal([]byte(text), kept); err != nil {
		return err
	}
	proto.Merge(to, kept)
	return nil
}

// Optional is a field that may be unset, as a column keeps it: NULL where it is.
func Optional[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

// Unless is NULL for a value that means none.
func Unless[T comparable](none, value T) any {
	if value == none {
		return nil
	}
	return value
}
