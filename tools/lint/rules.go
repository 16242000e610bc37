package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"strconv"
)

const (
	functionLines = 60
	fileLines     = 350
)

// rules are applied to one file.
type rules struct {
	set        *token.FileSet
	file       *ast.File
	test       bool
	complaints []string
}

func (r rules) apply() []string {
	if ast.IsGenerated(r.file) {
		return nil
	}
	if lines := r.set.File(r.file.FileStart).LineCount(); !r.test && lines > fileLines {
		r.complain(r.file.Package, "the file has %d lines, more than %d", lines, fileLines)
	}
	for _, decl := range r.file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			r.function(f)
		}
		if r.test {
			r.calls(decl)
		}
	}
	return r.complaints
}

func (r *rules) function(f *ast.FuncDecl) {
	if f.Recv == nil && f.Name.Name == "init" {
		r.complain(f.Pos(), "func init runs behind everybody's back")
	}
	lines := r.set.Position(f.End()).Line - r.set.Position(f.Pos()).Line + 1
	if !r.test && lines > functionLines {
		r.complain(f.Pos(), "%s has %d lines, more than %d", f.Name.Name, lines, functionLines)
	}
}

// calls finds what a test must not call. The test's own context does not reach TestMain and benchmarks that outlive it.
func (r *rules) calls(decl ast.Decl) {
	f, _ := decl.(*ast.FuncDecl)
	mayMakeContexts := f != nil && (takes(f.Type, "M") || takes(f.Type, "B"))
	ast.Inspect(decl, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && r.bubble(call) {
			return false
		}
		use, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch {
		case r.is(use, "time", "Sleep"):
			r.complain(use.Pos(), "a test waits by require.Eventually, a channel or synctest, never by time.Sleep")
		case !mayMakeContexts && (r.is(use, "context", "Background") || r.is(use, "context", "TODO")):
			r.complain(use.Pos(), "a test's context is t.Context()")
		}
		return true
	})
}

// bubble tells whether the call is synctest.Test, in which sleeping takes no time.
func (r *rules) bubble(call *ast.CallExpr) bool {
	use, ok := call.Fun.(*ast.SelectorExpr)
	return ok && r.is(use, "testing/synctest", "Test")
}

// takes tells whether the function has a parameter of type *testing.M or *testing.B.
func takes(f *ast.FuncType, name string) bool {
	for _, p := range f.Params.List {
		if star, ok := p.Type.(*ast.StarExpr); ok {
			if sel, ok := star.X.(*ast.SelectorExpr); ok && sel.Sel.Name == name {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "testing" {
					return true
				}
			}
		}
	}
	return false
}

// is tells whether the expression names a package's function, whatever the file calls the package.
func (r *rules) is(use *ast.SelectorExpr, pkg, name string) bool {
	id, ok := use.X.(*ast.Ident)
	if !ok || use.Sel.Name != name {
		return false
	}
	for _, imp := range r.file.Imports {
		imported, err := strconv.Unquote(imp.Path.Value)
		if err != nil || imported != pkg {
			continue
		}
		if imp.Name != nil {
			return imp.Name.Name == id.Name
		}
		return path.Base(imported) == id.Name
	}
	return false
}

func (r *rules) complain(at token.Pos, format string, args ...any) {
	p := r.set.Position(at)
	r.complaints = append(r.complaints, fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, fmt.Sprintf(format, args...)))
}
