// Command apidoc is a plugin of protoc that makes the OpenAPI document of all contracts together.
//
//	apidoc OWN EXAMPLES
//
// It completes what protoc-gen-openapiv3 makes of each contract, which names everything after its package, and knows neither who
// may call nor what HTTP adds. OWN is a document with what no contract says: titles, errors, headers, the gateway's own paths;
// EXAMPLES is the folder with a request and its answer for each RPC.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// object is a JSON object.
type object = map[string]any

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: apidoc OWN EXAMPLES, as a plugin of protoc")
	}
	if err := run(os.Args[1], os.Args[2], os.Stdin, os.Stdout); err != nil {
		log.Fatal("apidoc: ", err)
	}
}

func run(ownFile, examplesFolder string, in io.Reader, out io.Writer) error {
	raw, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var request pluginpb.CodeGeneratorRequest
	if err := proto.Unmarshal(raw, &request); err != nil {
		return err
	}
	c, err := readContract(&descriptorpb.FileDescriptorSet{File: request.GetProtoFile()})
	if err != nil {
		return err
	}
	generated, err := generate(raw)
	if err != nil {
		return err
	}
	var own object
	if err := read(ownFile, yaml.Unmarshal, &own); err != nil {
		return err
	}
	examples, err := readExamples(examplesFolder)
	if err != nil {
		return err
	}
	document := document{contract: c, whole: own, examples: examples, taken: map[string]string{}}
	if err := document.complete(generated); err != nil {
		return err
	}
	return answer(own, out)
}

// answer gives the document to protoc.
func answer(document object, out io.Writer) error {
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false)
	to.SetIndent("", " ")
	if err := to.Encode(document); err != nil {
		return err
	}
	raw, err := proto.Marshal(&pluginpb.CodeGeneratorResponse{
		SupportedFeatures: proto.Uint64(uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)),
		File:              []*pluginpb.CodeGeneratorResponse_File{{Name: proto.String("kept.openapi.json"), Content: proto.String(text.String())}},
	})
	if err != nil {
		return err
	}
	_, err = out.Write(raw)
	return err
}

// generate has the generator make a document of each contract that has services.
func generate(request []byte) ([]object, error) {
	generator := exec.Command("go", "tool", "protoc-gen-openapiv3")
	generator.Stdin, generator.Stderr = bytes.NewReader(request), os.Stderr
	raw, err := generator.Output()
	if err != nil {
		return nil, fmt.Errorf("protoc-gen-openapiv3: %w", err)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(raw, &response); err != nil {
		return nil, err
	}
	if response.GetError() != "" {
		return nil, fmt.Errorf("protoc-gen-openapiv3: %s", response.GetError())
	}
	var all []object
	for _, file := range response.GetFile() {
		var one object
		if err := json.Unmarshal([]byte(file.GetContent()), &one); err != nil {
			return nil, fmt.Errorf("%s: %w", file.GetName(), err)
		}
		all = append(all, one)
	}
	return all, nil
}

func read(path string, decode func([]byte, any) error, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := decode(raw, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
