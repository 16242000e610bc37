package timeline

import (
	"fmt"
	"strconv"
	"time"

	money "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	kitmoney "kept.dev/kit/money"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// factsOf is what else an event says, by the names of its fields: texts, numbers, times and amounts that the entry does not
// show anyway. Of an event with personal data it is nothing.
func factsOf(m protoreflect.Message) map[string]string {
	facts := map[string]string{}
	if _, personal := m.Interface().(*customerv1.CustomerContactChanged); personal {
		return facts
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if text, ok := factOf(fd, v); ok && !shown(m, fd) {
			facts[string(fd.Name())] = text
		}
		return true
	})
	return facts
}

// shown tells whether an entry has the field in a place of its own.
func shown(m protoreflect.Message, fd protoreflect.FieldDescriptor) bool {
	switch fd.Name() {
	case "customer", "about", "order", "agent":
		return true
	case "channel":
		return channelOf(m) != typepb.Channel_CHANNEL_UNSPECIFIED
	}
	return fd.Number() == 1
}

// factOf is a field's value as text, if it is of a kind that has one.
func factOf(fd protoreflect.FieldDescriptor, v protoreflect.Value) (text string, ok bool) {
	switch {
	case fd.IsList() || fd.IsMap() || fd.Kind() == protoreflect.BytesKind:
		return "", false
	case fd.Kind() == protoreflect.EnumKind:
		return enumText(fd, v.Enum()), true
	case fd.Message() != nil:
		return messageText(v.Message().Interface())
	default:
		return v.String(), true
	}
}

// enumText is the value's name, or its number where this version of the contract has no name for it.
func enumText(fd protoreflect.FieldDescriptor, n protoreflect.EnumNumber) string {
	if value := fd.Enum().Values().ByNumber(n); value != nil {
		return string(value.Name())
	}
	return strconv.Itoa(int(n))
}

func messageText(m proto.Message) (text string, ok bool) {
	switch m := m.(type) {
	case *timestamppb.Timestamp:
		return m.AsTime().Format(time.RFC3339Nano), true
	case *money.Money:
		return amountText(m), true
	}
	return "", false
}

// amountText is an amount with as many digits as its currency has: "12.50 EUR", "1250 JPY".
func amountText(m *money.Money) string {
	least := kitmoney.Amount{Minor: 1, Currency: m.GetCurrencyCode()}.Proto() // one cent, or one yen
	digits := 0
	for n := int64(1); least.GetNanos() > 0 && n*int64(least.GetNanos()) < 1_000_000_000; n *= 10 {
		digits++
	}
	if digits == 0 {
		return fmt.Sprintf("%d %s", m.GetUnits(), m.GetCurrencyCode())
	}
	return fmt.Sprintf("%d.%s %s", m.GetUnits(), fmt.Sprintf("%09d", m.GetNanos())[:digits], m.GetCurrencyCode())
}
