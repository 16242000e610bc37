package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// file is what the template makes a file of.
type file struct {
	Package string
	Tables  []*table
	imports map[string]string // aliases by path
}

// Star is there because a template can't write it between braces.
func (file) Star() string { return "*" }

// Imports are the import lines, sorted and grouped as gofmt wants them.
func (f file) Imports() []string {
	f.imports["kept.dev/kit/resource"], f.imports["kept.dev/kit/sqldb"] = "", ""
	for _, t := range f.Tables {
		if slices.ContainsFunc(t.Columns, func(c column) bool { return c.Kind != "" }) {
			f.imports["kept.dev/kit/page"] = ""
		}
	}
	var standard, ours []string
	for _, path := range slices.Sorted(maps.Keys(f.imports)) {
		line := strings.TrimSpace(f.imports[path] + " " + strconv.Quote(path))
		if strings.Contains(path, ".") {
			ours = append(ours, line)
		} else {
			standard = append(standard, line)
		}
	}
	if len(standard) > 0 {
		standard = append(standard, "")
	}
	return append(standard, ours...)
}

// table is one declared table.
type table struct {
	Name, Var, Table, Go, Response string
	List                           *list
	Columns                        []column
	Pattern, NameGo, Keys          string
	ParentPattern, ParentGo        string
	ParentKeys, ParentName         string
}

func (c *contract) table(d declaration, imports map[string]string) (*table, error) {
	m, r, err := c.message(d.Message)
	if err != nil {
		return nil, err
	}
	name := string(m.Name())
	t := &table{
		Name: name, Var: lower(name) + "Rows", Table: d.Table, Go: goName(m, imports), Response: "resource.NoList",
		List: c.listOf(m, imports), Pattern: r.GetPattern()[0],
	}
	if t.List != nil {
		t.Response = "*" + t.List.Response
	}
	alias, _, _ := strings.Cut(t.Go, ".")
	t.NameGo = alias + "." + name + "ResourceName"
	if err := c.parent(t, imports); err != nil {
		return nil, err
	}
	var keys, parentKeys []string
	for _, text := range d.Columns {
		column, part := readColumn(text)
		switch {
		case column.Field == "parent":
			t.keepParent(&column)
			keys, parentKeys = append(keys, column.Value), append(parentKeys, "parent")
		case column.Field == "name" && t.isParent(part):
			local := lower(column.Name)
			column.Field, column.Value = "parent", "name."+camel(part)
			column.scanned(local, "string", "")
			keys, parentKeys = append(keys, column.Value), append(parentKeys, "n."+camel(part))
		case column.Field == "name" && t.isSingle():
			column.Value = "name.String()"
			column.scanned(lower(column.Name), "string", "")
			keys = append(keys, column.Value)
		case column.Field == "name":
			variables := variablesOf(t.Pattern)
			column.Value = "name." + camel(variables[len(variables)-1])
			column.scanned(lower(column.Name), "string", "")
			keys = append(keys, column.Value)
		default:
			if err := column.keep(m, part, imports); err != nil {
				return nil, err
			}
		}
		t.Columns = append(t.Columns, column)
	}
	t.Keys = strings.ReplaceAll(strings.Join(keys, ", "), "name.", "n.")
	t.ParentKeys = strings.Join(parentKeys, ", ")
	return t, t.named(d)
}

// parent finds whose name the pattern begins with.
func (c *contract) parent(t *table, imports map[string]string) error {
	variables := variablesOf(t.Pattern)
	if len(variables) < 2 {
		return nil
	}
	last := "{" + variables[len(variables)-2] + "}"
	t.ParentPattern = t.Pattern[:strings.Index(t.Pattern, last)+len(last)]
	parent, known := c.named[t.ParentPattern]
	if !known {
		return fmt.Errorf("no resource has the pattern %s", t.ParentPattern)
	}
	t.ParentGo, t.ParentName = goName(parent, imports)+"ResourceName", snake(string(parent.Name()))
	return nil
}

// keepParent has a column keep the whole name of the parent.
func (t *table) keepParent(c *column) {
	var fields []string
	for _, v := range variablesOf(t.ParentPattern) {
		fields = append(fields, camel(v)+": name."+camel(v))
	}
	c.Value = t.ParentGo + "{" + strings.Join(fields, ", ") + "}.String()"
	c.scanned(lower(c.Name), "string", "")
}

// isSingle tells whether there is one resource of the kind: its whole name is the key.
func (t *table) isSingle() bool { return len(variablesOf(t.Pattern)) == 0 }

func (t *table) isParent(part string) bool {
	return part != "" && slices.Contains(variablesOf(t.ParentPattern), part)
}

// named checks that the columns keep the whole name.
func (t *table) named(d declaration) error {
	if !slices.ContainsFunc(t.Columns, func(c column) bool { return c.Field == "name" }) {
		return fmt.Errorf("no column keeps the name: %s", strings.Join(d.Columns, "; "))
	}
	if t.ParentGo != "" && t.ParentKeys == "" {
		return fmt.Errorf(`no column keeps the parent: "column = parent" has its name, "column = name.%s" a part`,
			variablesOf(t.ParentPattern)[0])
	}
	return nil
}

// Vars are the variables that the scan wants.
func (t *table) Vars() (vars []string) {
	byType := map[string][]string{}
	var kinds []string
	for _, c := range t.Columns {
		name, kind, ok := strings.Cut(c.vars, " ")
		if !ok {
			continue
		}
		if len(byType[kind]) == 0 {
			kinds = append(kinds, kind)
		}
		byType[kind] = append(byType[kind], name)
	}
	for _, kind := range kinds {
		vars = append(vars, strings.Join(byType[kind], ", ")+" "+kind)
	}
	return vars
}

// Dests are where the columns are scanned to, some on a line.
func (t *table) Dests() string {
	var out strings.Builder
	for i, c := range t.Columns {
		switch {
		case i > 0 && i%perLine == 0:
			out.WriteString(",\n\t\t")
		case i > 0:
			out.WriteString(", ")
		}
		out.WriteString(c.dest)
	}
	return out.String()
}

const perLine = 7

// After makes the fields of what was scanned, the name first.
func (t *table) After() []string {
	lines := []string{"m.Name = " + t.composed()}
	for _, c := range t.Columns {
		if c.after != "" {
			lines = append(lines, c.after)
		}
	}
	return lines
}

// composed is the resource's name from its columns.
func (t *table) composed() string {
	if t.isSingle() {
		return t.NameGo + "{}.String()"
	}
	var fields []string
	variables := variablesOf(t.Pattern)
	for _, c := range t.Columns {
		switch part := strings.TrimPrefix(c.Value, "name."); {
		case c.Field == "parent" && strings.HasSuffix(c.Value, "String()"):
			rest := strings.TrimPrefix(t.Pattern, t.ParentPattern)
			rest = rest[:strings.Index(rest, "{")]
			return lower(c.Name) + " + " + strconv.Quote(rest) + " + " + lower(t.idColumn())
		case c.Field == "parent":
			fields = append(fields, part+": "+lower(c.Name))
		case c.Field == "name":
			fields = append(fields, camel(variables[len(variables)-1])+": "+lower(c.Name))
		}
	}
	return t.NameGo + "{" + strings.Join(fields, ", ") + "}.String()"
}

func (t *table) idColumn() string {
	i := slices.IndexFunc(t.Columns, func(c column) bool { return c.Field == "name" })
	return t.Columns[i].Name
}

// Before are the lines that may fail before the values are there.
func (t *table) Before() (lines []string) {
	for _, c := range t.Columns {
		if c.before != "" {
			lines = append(lines, c.before)
		}
	}
	return lines
}

// variablesOf are the variables in a pattern such as programs/{program}.
func variablesOf(pattern string) (variables []string) {
	for segment := range strings.SplitSeq(pattern, "/") {
		if v, ok := strings.CutPrefix(segment, "{"); ok {
			variables = append(variables, strings.TrimSuffix(v, "}"))
		}
	}
	return variables
}
