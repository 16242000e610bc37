package upgrade

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// Faults says what is wrong with today's migrations, as the successors of those of the last release: what was changed of what is
// released, and which statements of what was added the last release's code could not live with.
func Faults(released, today fs.FS, releases []string) (faults []string, err error) {
	files, err := fs.Glob(released, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		was, err := fs.ReadFile(released, name)
		if err != nil {
			return nil, err
		}
		if is, err := fs.ReadFile(today, name); err != nil || !bytes.Equal(was, is) {
			faults = append(faults, name+": is released, and must stay as it is: add a migration instead")
		}
	}
	all, err := fs.Glob(today, "*.sql")
	if err != nil {
		return nil, err
	}
	e := expansion{fresh: map[string]bool{}, releases: releases}
	for _, name := range all {
		if slices.Contains(files, name) {
			continue
		}
		text, err := fs.ReadFile(today, name)
		if err != nil {
			return nil, err
		}
		file := statements(string(text))
		for i, s := range file {
			if remade(s, file[i+1:]) {
				continue
			}
			if fault := e.fault(s); fault != "" {
				faults = append(faults, fmt.Sprintf("%s: %s: %q", name, fault, s.text))
			}
		}
	}
	return faults, nil
}

// expansion is what has been added since the last release.
type expansion struct {
	fresh    map[string]bool // the tables
	releases []string
}

var (
	createTable = regexp.MustCompile(`^create table (?:if not exists )?(\w+)`)
	dropIndex   = regexp.MustCompile(`^drop index concurrently if exists (\w+)$`)
	createIndex = regexp.MustCompile(`^create (unique )?index (?:concurrently )?(?:if not exists )?\w+ on (\w+)`)
	addColumn   = regexp.MustCompile(`^alter table (\w+) add (?:column )?(?:if not exists )?(\w+) (.*)$`)
	storage     = regexp.MustCompile(`^alter table \w+ set \(`)
	onTable     = regexp.MustCompile(`^(?:alter table|insert into|update|create trigger \w+ (?:before|after) [\w ]+ on) (\w+)`)
	harmless    = regexp.MustCompile(`^(?:create (?:or replace )?function|create view|comment on|set lock_timeout =) `)
)

// remade tells whether a statement drops an index, as far as an interrupted run has left one, that the next statement makes.
func remade(s statement, next []statement) bool {
	m := dropIndex.FindStringSubmatch(s.text)
	return m != nil && len(next) > 0 && strings.HasPrefix(next[0].text, "create index concurrently "+m[1]+" on ")
}

// fault says why the last release's code could not live with the statement; empty when it can.
func (e *expansion) fault(s statement) string {
	if s.contract != "" {
		if !slices.Contains(e.releases, s.contract) {
			return "contracts since " + s.contract + ", which is no release: nothing may be taken away before one has done without it"
		}
		return ""
	}
	if m := createTable.FindStringSubmatch(s.text); m != nil {
		e.fresh[m[1]] = true
		return ""
	}
	if m := onTable.FindStringSubmatch(s.text); m != nil && e.fresh[m[1]] {
		return ""
	}
	if m := createIndex.FindStringSubmatch(s.text); m != nil {
		if m[1] != "" && !e.fresh[m[2]] {
			return "the last release may write what the unique index refuses"
		}
		return ""
	}
	if m := addColumn.FindStringSubmatch(s.text); m != nil && m[2] != "constraint" {
		return newColumn(m[2] + " " + m[3])
	}
	if storage.MatchString(s.text) || harmless.MatchString(s.text) {
		return ""
	}
	return "does not only add; what takes away or narrows has to wait until a release has done without it, and say so"
}

var (
	keyColumn   = regexp.MustCompile(`\b(unique|primary key)\b`)
	notNull     = regexp.MustCompile(`\bnot null\b`)
	withDefault = regexp.MustCompile(`\bdefault\b`)
	tableWords  = regexp.MustCompile(`^(check|unique|primary|foreign|exclude)\b`)
)

// newColumn says what is wrong with a column that the last release's code does not write.
func newColumn(definition string) string {
	switch {
	case tableWords.MatchString(definition), keyColumn.MatchString(definition):
		return "the last release may write what this refuses"
	case notNull.MatchString(definition) && !withDefault.MatchString(definition):
		return "the last release leaves the column empty: it needs a default, or to be nullable"
	}
	return ""
}
