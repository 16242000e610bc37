// Command lint checks what no public linter knows of our own rules: tests neither sleep nor make contexts of their own,
// no code runs before main, and functions and files stay short.
//
//	lint FOLDER...
package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	complaints, err := lint(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, c := range complaints {
		fmt.Println(c)
	}
	if len(complaints) > 0 {
		os.Exit(1)
	}
}

// lint checks every Go file below the folders.
func lint(folders []string) (complaints []string, err error) {
	if len(folders) == 0 {
		return nil, fmt.Errorf("usage: lint FOLDER...")
	}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && path != folder && strings.HasPrefix(entry.Name(), ".") {
				return filepath.SkipDir
			}
			if entry.IsDir() || filepath.Ext(path) != ".go" {
				return nil
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found, err := check(path, source)
			complaints = append(complaints, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return complaints, nil
}

func check(path string, source []byte) ([]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return rules{set: set, file: file, test: strings.HasSuffix(path, "_test.go")}.apply(), nil
}
