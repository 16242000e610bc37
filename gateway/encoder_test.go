package gateway

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// all are the message types that answers may be made of, and some that the encoder leaves to protojson.
func all(t *testing.T) []protoreflect.MessageType {
	var types []protoreflect.MessageType
	protoregistry.GlobalTypes.RangeMessages(func(mt protoreflect.MessageType) bool {
		name := string(mt.Descriptor().FullName())
		if strings.HasPrefix(name, "kept.") || strings.HasPrefix(name, "google.rpc.") || strings.HasPrefix(name, "google.type.") ||
			name == "google.protobuf.Timestamp" || name == "google.protobuf.DescriptorProto" {
			types = append(types, mt)
		}
		return true
	})
	require.Greater(t, len(types), 50)
	return types
}

// The encoder writes what protojson writes.
func TestEncoderAgreesWithProtoJSON(t *testing.T) {
	var e encoder
	types := all(t)
	require.False(t, e.planOf((&customerv1.TimelineEntry{}).ProtoReflect().Descriptor()).foreign, "it writes maps itself")
	rapid.Check(t, func(t *rapid.T) {
		mt := rapid.SampledFrom(types).Draw(t, "type")
		m := mt.New()
		fill(t, m, 4)
		want, wantErr := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(m.Interface())
		got, err := e.append([]byte("before"), m)
		require.Equal(t, wantErr == nil, err == nil, "%v %v", wantErr, err)
		if err != nil {
			return
		}
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, want))
		var same bytes.Buffer
		require.NoError(t, json.Compact(&same, bytes.TrimPrefix(got, []byte("before"))))
		require.Equal(t, compact.String(), same.String())
		require.NoError(t, protojson.Unmarshal(got[len("before"):], mt.New().Interface()))
	})
}

// fill sets some of a message's fields to anything.
func fill(t *rapid.T, m protoreflect.Message, depth int) {
	if m.Descriptor().FullName() == "google.protobuf.Any" {
		return // its bytes would have to be a message's
	}
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		if !rapid.Bool().Draw(t, "set") || fd.Message() != nil && depth == 0 {
			continue
		}
		if fd.IsMap() {
			fillMap(t, m.Mutable(fd).Map(), fd, depth)
			continue
		}
		if !fd.IsList() {
			m.Set(fd, value(t, m.NewField(fd), fd, depth))
			continue
		}
		list := m.Mutable(fd).List()
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list.Append(value(t, list.NewElement(), fd, depth))
		}
	}
}

func fillMap(t *rapid.T, m protoreflect.Map, fd protoreflect.FieldDescriptor, depth int) {
	for range rapid.IntRange(0, 5).Draw(t, "length") {
		key := value(t, fd.MapKey().Default(), fd.MapKey(), depth)
		m.Set(key.MapKey(), value(t, m.NewValue(), fd.MapValue(), depth))
	}
}

func value(t *rapid.T, zero protoreflect.Value, fd protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.StringKind:
		text := rapid.String()
		if rapid.IntRange(0, 50).Draw(t, "odd") == 0 {
			text = rapid.SampledFrom([]string{"\xff", "\"\\/\b\f\n\r\t\x00\x1f\x7f<&>\u2028", "ü\U0001F600"})
		}
		return protoreflect.ValueOfString(text.Draw(t, "text"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint32"))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "uint64"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32Range(-1, 12).Draw(t, "enum")))
	case protoreflect.MessageKind:
		if ts, ok := zero.Message().Interface().(*timestamppb.Timestamp); ok {
			ts.Seconds = rapid.Int64Range(-62135596801, 253402300800).Draw(t, "seconds")
			ts.Nanos = rapid.SampledFrom([]int32{0, 1, 5_000, 120_000_000, 999_999_999}).Draw(t, "nanos")
			return zero
		}
		fill(t, zero.Message(), depth-1)
		return zero
	default:
		return zero
	}
}

func BenchmarkEncode(b *testing.B) {
	orders := &orderv1.ListOrdersResponse{}
	for range 50 {
		orders.Orders = append(orders.Orders, &orderv1.Order{Name: "orders/0190a7c2", Customer: "customers/0190a7c2",
			Lines:      []*orderv1.Order_Line{{Product: "products/tea", Quantity: 2}, {Product: "products/pot", Quantity: 1}},
			CreateTime: &timestamppb.Timestamp{Seconds: 1_800_000_000, Nanos: 5000}})
	}
	var e encoder
	for name, encode := range map[string]func([]byte) ([]byte, error){
		"own":       func(to []byte) ([]byte, error) { return e.append(to, orders.ProtoReflect()) },
		"protojson": func(to []byte) ([]byte, error) { return protoJSON(to, orders.ProtoReflect()) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buffer := make([]byte, 0, 64<<10)
			for b.Loop() {
				_, err := encode(buffer[:0])
				require.NoError(b, err)
			}
		})
	}
}
