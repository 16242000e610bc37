// Command rows writes, beside each rows.yaml, a rows.gen.go: the Go that scans and inserts the rows that rows.yaml declares.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"go/format"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"
)

//go:embed rows.go.tmpl
var text string

var page = template.Must(template.New("rows").Parse(text))

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: rows CONTRACT FOLDER…: the contract is what buf build -o makes")
	}
	contract, err := readContract(os.Args[1])
	if err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	for _, folder := range os.Args[2:] {
		if err := walk(contract, folder); err != nil {
			log.Fatal(err)
		}
	}
}

func walk(contract *contract, folder string) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "rows.yaml" {
			return err
		}
		if err := generate(contract, path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
}

// declaration says in which table a resource is kept, and in which columns its fields.
type declaration struct {
	Message string   `yaml:"message"`
	Table   string   `yaml:"table"`
	Columns []string `yaml:"columns"`
}

func generate(contract *contract, path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var declared []declaration
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true)
	if err := decoder.Decode(&declared); err != nil {
		return err
	}
	f := file{Package: packageOf(filepath.Dir(path)), imports: map[string]string{}}
	for _, d := range declared {
		t, err := contract.table(d, f.imports)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Message, err)
		}
		f.Tables = append(f.Tables, t)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, f); err != nil {
		return err
	}
	code, err := format.Source(out.Bytes())
	if err != nil {
		return fmt.Errorf("%w in\n%s", err, out.String())
	}
	return os.WriteFile(strings.TrimSuffix(path, ".yaml")+".gen.go", code, 0o644)
}

// packageOf is the folder's package: folders that are called like a keyword (case, import) have a package in the plural.
func packageOf(folder string) string {
	files, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil || strings.HasSuffix(path, "_test.go") {
			continue
		}
		for line := range strings.Lines(string(raw)) {
			if name, ok := strings.CutPrefix(line, "package "); ok {
				return strings.TrimSpace(name)
			}
		}
	}
	return filepath.Base(folder)
}
