package main

import (
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// good breaks no rule. Each test below changes it in one place.
const good = `syntax = "proto3";
package kept.test.v1;
import "google/api/field_behavior.proto";
import "google/api/resource.proto";
import "google/protobuf/descriptor.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/timestamp.proto";
extend google.protobuf.MethodOptions { string rule = 50001; }
service BookService {
  rpc GetBook(GetBookRequest) returns (Book) { option (rule) = "x"; }
  rpc ListBooks(ListBooksRequest) returns (ListBooksResponse) { option (rule) = "x"; }
  rpc CloseBook(CloseBookRequest) returns (Book) { option (rule) = "x"; }
}
message Book {
  option (google.api.resource) = {type: "kept.dev/Book" pattern: "books/{book}"};
  // The name.
  string name = 1;
  // When.
  google.protobuf.Timestamp create_time = 2;
  // How long.
  google.protobuf.Duration loan_duration = 3;
  enum State { STATE_UNSPECIFIED = 0; }
}
message GetBookRequest {
  // Which.
  string name = 1 [(google.api.field_behavior) = REQUIRED];
}
message ListBooksRequest {
  // How.
  string order_by = 1 [(google.api.field_behavior) = OPTIONAL];
}
message ListBooksResponse {
  // All.
  repeated Book books = 1;
}
message CloseBookRequest {
  // Makes a retry harmless.
  string request_id = 1 [(google.api.field_behavior) = OPTIONAL];
  // What with.
  Paper paper = 2 [(google.api.field_behavior) = OPTIONAL];
}
message Paper {
  // How much.
  int32 size = 1 [(google.api.field_behavior) = OPTIONAL];
}
`

func TestRules(t *testing.T) {
	require.Empty(t, complaints(t, good))
	for _, test := range []struct{ name, old, new, rule string }{
		{"comment", "  // When.\n", "", "core::0192::has-comments"},
		{"behaviour", "string name = 1 [(google.api.field_behavior) = REQUIRED]", "string name = 1", "core::0203::field-behavior-required"},
		{"behaviour inside", "int32 size = 1 [(google.api.field_behavior) = OPTIONAL]", "int32 size = 1", "core::0203::field-behavior-required"},
		{"zero value", "STATE_UNSPECIFIED", "OPEN", "core::0126::unspecified"},
		{"request id", "request_id = 1 [(google.api.field_behavior) = OPTIONAL]", "request_id = 1 [(google.api.field_behavior) = REQUIRED]", "kept::request-id-optional"},
		{"reserved word", "Paper paper =", "Paper import =", "core::0140::reserved-words"},
		{"preposition", "Paper paper =", "Paper printed_on_by =", "core::0140::prepositions"},
		{"time", "create_time", "created", "core::0142::time-field-names"},
		{"duration", "loan_duration", "loan", "kept::duration-names"},
		{"request", "rpc GetBook(GetBookRequest)", "rpc GetBook(CloseBookRequest)", "core::0131::request-message-name"},
		{"response of Get", "rpc GetBook(GetBookRequest) returns (Book)", "rpc GetBook(GetBookRequest) returns (Paper)", "core::0131::response-message-name"},
		{"response of List", "(ListBooksRequest) returns (ListBooksResponse)", "(ListBooksRequest) returns (Book)", "core::0132::response-message-name"},
		{"no Get", "rpc GetBook(GetBookRequest)", "rpc ReadBook(GetBookRequest)", "core::0121::resource-must-support-get"},
		{"access", `rpc CloseBook(CloseBookRequest) returns (Book) { option (rule) = "x"; }`, `rpc CloseBook(CloseBookRequest) returns (Book);`, "kept::access-rule"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Contains(t, good, test.old)
			found := complaints(t, strings.Replace(good, test.old, test.new, 1))
			require.NotEmpty(t, found)
			require.Contains(t, strings.Join(found, "\n"), "("+test.rule+")")
		})
	}
}

func TestAnExceptionNeedsItsRuleAndAReason(t *testing.T) {
	const marked = "(-- api-linter: core::0142::time-field-names=disabled\n//     aip.dev/not-precedent: it is older. --)\n"
	bad := strings.Replace(good, "create_time", "created", 1)
	field := func(comment string) string {
		return strings.Replace(bad, "  // When.\n", "  // When.\n  // "+comment, 1)
	}
	require.Empty(t, complaints(t, field(marked)), "on the field")
	require.Empty(t, complaints(t, strings.Replace(bad, "message Book {", "// A book.\n// "+marked+"message Book {", 1)), "on what holds it")
	require.Empty(t, complaints(t, strings.Replace(bad, "package ", "// "+marked+"package ", 1)), "on the package")
	require.Len(t, complaints(t, field(strings.Replace(marked, "it is older. ", "", 1))), 1, "without a reason")
	require.Len(t, complaints(t, field(strings.Replace(marked, "0142::time-field-names", "0140::prepositions", 1))), 1, "of another rule")
}

func complaints(t *testing.T, source string) []string {
	t.Helper()
	imported := protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
		f, err := protoregistry.GlobalFiles.FindFileByPath(path)
		return protocompile.SearchResult{Desc: f}, err
	})
	compiler := protocompile.Compiler{
		Resolver: protocompile.CompositeResolver{
			&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(map[string]string{"test.proto": source})},
			imported,
		},
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	compiled, err := compiler.Compile(t.Context(), "test.proto")
	require.NoError(t, err)
	set := &descriptorpb.FileDescriptorSet{}
	add(set, map[string]bool{}, compiled[0])
	raw, err := proto.Marshal(set)
	require.NoError(t, err)
	files, err := parse(raw)
	require.NoError(t, err)
	return lint(files)
}

// add puts what a file imports before it.
func add(set *descriptorpb.FileDescriptorSet, known map[string]bool, f protoreflect.FileDescriptor) {
	if known[f.Path()] {
		return
	}
	known[f.Path()] = true
	for i := range f.Imports().Len() {
		add(set, known, f.Imports().Get(i).FileDescriptor)
	}
	made := protodesc.ToFileDescriptorProto(f)
	if r, ok := f.(interface {
		FileDescriptorProto() *descriptorpb.FileDescriptorProto
	}); ok {
		made = r.FileDescriptorProto()
	}
	set.File = append(set.File, made)
}
