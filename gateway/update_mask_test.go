package gateway

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// thing is a resource with a field of each kind, and the request that updates it.
const thing = `
	name: "thing.proto" package: "thing" syntax: "proto3"
	dependency: ["google/protobuf/field_mask.proto", "google/protobuf/duration.proto", "google/api/field_behavior.proto"]
	enum_type { name: "Color" value { name: "COLOR_UNSPECIFIED" number: 0 } value { name: "RED" number: 1 } }
	message_type { name: "Thing"
		field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
		field { name: "is_open" number: 2 type: TYPE_BOOL label: LABEL_OPTIONAL }
		field { name: "item_count" number: 3 type: TYPE_INT32 label: LABEL_OPTIONAL }
		field { name: "big_count" number: 4 type: TYPE_INT64 label: LABEL_OPTIONAL }
		field { name: "display_name" number: 5 type: TYPE_STRING label: LABEL_OPTIONAL }
		field { name: "wait_duration" number: 6 type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" label: LABEL_OPTIONAL }
		field { name: "line_texts" number: 7 type: TYPE_STRING label: LABEL_REPEATED }
		field { name: "main_color" number: 8 type: TYPE_ENUM type_name: ".thing.Color" label: LABEL_OPTIONAL }
		field { name: "seen_count" number: 9 type: TYPE_INT32 label: LABEL_OPTIONAL options { [google.api.field_behavior]: OUTPUT_ONLY } }
		field { name: "etag" number: 10 type: TYPE_STRING label: LABEL_OPTIONAL } }
	message_type { name: "UpdateThingRequest"
		field { name: "thing" number: 1 type: TYPE_MESSAGE type_name: ".thing.Thing" label: LABEL_OPTIONAL }
		field { name: "update_mask" number: 2 type: TYPE_MESSAGE type_name: ".google.protobuf.FieldMask" label: LABEL_OPTIONAL } }`

// update is an exchange whose body is this, and its request.
func update(t *testing.T, body string) (*exchange, protoreflect.Message) {
	t.Helper()
	var described descriptorpb.FileDescriptorProto
	require.NoError(t, prototext.Unmarshal([]byte(thing), &described))
	file, err := protodesc.NewFile(&described, protoregistry.GlobalFiles)
	require.NoError(t, err)
	request := file.Messages().ByName("UpdateThingRequest")
	x := &exchange{input: []byte(body), route: &route{method: http.MethodPatch, content: request.Fields().ByName("thing")}}
	return x, dynamicpb.NewMessage(request)
}

// What a body names is meant, be it empty; what it does not name stays as it is.
func TestAFieldThatABodyNamesIsMeant(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                                           `{}`,
		`{"isOpen":false}`:                             `{"updateMask":"isOpen"}`,
		`{"isOpen":null}`:                              `{"updateMask":"isOpen"}`,
		`{"itemCount":0}`:                              `{"updateMask":"itemCount"}`,
		`{"bigCount":"0"}`:                             `{"updateMask":"bigCount"}`,
		`{"bigCount":0}`:                               `{"updateMask":"bigCount"}`,
		`{"displayName":""}`:                           `{"updateMask":"displayName"}`,
		`{"display_name":null}`:                        `{"updateMask":"displayName"}`,
		`{"waitDuration":null}`:                        `{"updateMask":"waitDuration"}`,
		`{"waitDuration":"0s"}`:                        `{"updateMask":"waitDuration"}`,
		`{"lineTexts":[]}`:                             `{"updateMask":"lineTexts"}`,
		`{"lineTexts":null}`:                           `{"updateMask":"lineTexts"}`,
		`{"mainColor":null}`:                           `{"updateMask":"mainColor"}`,
		`{"mainColor":0}`:                              `{"updateMask":"mainColor"}`,
		`{"mainColor":"COLOR_UNSPECIFIED"}`:            `{"updateMask":"mainColor"}`,
		`{"lineTexts":["a"],"isOpen":true}`:            `{"updateMask":"isOpen,lineTexts"}`,
		`{"name":"things/1","etag":"5","seenCount":0}`: `{}`,
	} {
		x, request := update(t, body)
		require.NoError(t, x.maskFromBody(request), body)
		got, err := protojson.Marshal(request.Interface())
		require.NoError(t, err)
		require.JSONEq(t, want, string(got), body)
		require.Equal(t, want != `{}`, x.maskMade)
	}
}

func TestAMaskThatIsGivenStays(t *testing.T) {
	x, request := update(t, `{"isOpen":false}`)
	given := proto.Clone(request.Interface()).ProtoReflect()
	require.NoError(t, protojson.Unmarshal([]byte(`{"updateMask":"displayName"}`), given.Interface()))
	require.NoError(t, x.maskFromBody(given))
	got, err := protojson.Marshal(given.Interface())
	require.NoError(t, err)
	require.JSONEq(t, `{"updateMask":"displayName"}`, string(got))
	require.False(t, x.maskMade)
}
