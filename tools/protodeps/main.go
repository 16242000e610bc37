// Command protodeps prints the imported contracts (google/api, google/type, buf/validate, …) as .proto files
// into a folder, from the descriptors in the Go packages that carry them: no network but the module proxy.
package main

import (
	"log"
	"os"
	"path/filepath"
	"strings"

	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/jhump/protoreflect/v2/protoprint"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/type/date"
	_ "google.golang.org/genproto/googleapis/type/dayofweek"
	_ "google.golang.org/genproto/googleapis/type/money"
	_ "google.golang.org/genproto/googleapis/type/postaladdress"
	_ "google.golang.org/genproto/googleapis/type/timeofday"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

var wanted = []string{
	"google/api/annotations.proto", "google/api/http.proto", "google/api/client.proto", "google/api/launch_stage.proto",
	"google/api/field_behavior.proto", "google/api/resource.proto", "google/api/field_info.proto",
	"google/type/money.proto", "google/type/date.proto", "google/type/postal_address.proto",
	"google/type/dayofweek.proto", "google/type/timeofday.proto",
	"buf/validate/validate.proto",
}

func main() {
	if len(os.Args) != 2 || strings.HasPrefix(os.Args[1], "-") {
		log.Fatal("usage: protodeps FOLDER")
	}
	for _, path := range wanted {
		if err := print(os.Args[1], path); err != nil {
			log.Fatalf("%s: %v", path, err)
		}
	}
}

func print(folder, path string) error {
	file, err := protoregistry.GlobalFiles.FindFileByPath(path)
	if err != nil {
		return err
	}
	return write(filepath.Join(folder, path), file)
}

func write(path string, file protoreflect.FileDescriptor) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	printer := protoprint.Printer{}
	return printer.PrintProtoFile(file, out)
}
