package main

import (
	"cmp"
	"fmt"
	"slices"
)

// document is the whole one, while it is put together.
type document struct {
	contract *contract
	whole    object
	examples map[string]example
	taken    map[string]string // operation ids, and whose they are
}

// complete adds what is generated.
func (d *document) complete(generated []object) error {
	tags := map[string]any{}
	for _, one := range generated {
		if err := d.addSchemas(member(member(one, "components"), "schemas")); err != nil {
			return err
		}
		for _, value := range list(one["tags"]) {
			tag, _ := value.(object)
			tag["name"] = tagOf(text(tag, "name"))
			tags[text(tag, "name")] = tag
		}
	}
	for _, one := range generated {
		for path, item := range member(one, "paths") {
			operations, _ := item.(object)
			if err := d.addPath(path, operations); err != nil {
				return err
			}
		}
	}
	d.addTags(tags)
	return nil
}

// addTags takes those that have operations, in the order of their names.
func (d *document) addTags(tags map[string]any) {
	used := map[string]bool{}
	for _, item := range member(d.whole, "paths") {
		operations, _ := item.(object)
		for _, operation := range operations {
			operation, _ := operation.(object)
			for _, tag := range list(operation["tags"]) {
				name, _ := tag.(string)
				used[name] = true
			}
		}
	}
	all := list(d.whole["tags"])
	for name, tag := range tags {
		if used[name] {
			all = append(all, tag)
		}
	}
	slices.SortFunc(all, func(a, b any) int { return cmp.Compare(text(a.(object), "name"), text(b.(object), "name")) })
	d.whole["tags"] = all
}

// addPath puts the operations of a generated path under the real one.
func (d *document) addPath(path string, operations object) error {
	spelled, parameters, err := d.contract.spelled(path)
	if err != nil {
		return err
	}
	there := member(member(d.whole, "paths"), spelled)
	for verb, value := range operations {
		operation, ok := value.(object)
		if !ok || there[verb] != nil {
			return fmt.Errorf("%s %s is no operation, or there twice", verb, spelled)
		}
		if err := d.completeOperation(verb, spelled, operation, parameters); err != nil {
			return fmt.Errorf("%s %s: %w", verb, spelled, err)
		}
		there[verb] = operation
	}
	return nil
}

func (d *document) schemas() object { return member(member(d.whole, "components"), "schemas") }

// member is an object in an object; made where it is missing.
func member(of object, name string) object {
	m, ok := of[name].(object)
	if !ok {
		m = object{}
		of[name] = m
	}
	return m
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}

func text(of object, name string) string {
	s, _ := of[name].(string)
	return s
}

func ref(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }
