package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// ours begins the names of the packages that are checked; the others are imported.
const ours = "kept."

// linter collects what breaks a rule.
type linter struct {
	// requested are the messages that callers fill in.
	requested  map[protoreflect.FullName]bool
	complaints []string
}

func lint(files *protoregistry.Files) []string {
	l := &linter{requested: map[protoreflect.FullName]bool{}}
	each := func(do func(protoreflect.FileDescriptor)) {
		files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
			if strings.HasPrefix(string(f.Package()), ours) {
				do(f)
			}
			return true
		})
	}
	each(l.collect)
	each(l.file)
	slices.Sort(l.complaints)
	return l.complaints
}

// collect notes the messages of requests, with those inside them.
func (l *linter) collect(f protoreflect.FileDescriptor) {
	for i := range f.Services().Len() {
		methods := f.Services().Get(i).Methods()
		for j := range methods.Len() {
			l.request(methods.Get(j).Input())
		}
	}
}

func (l *linter) request(m protoreflect.MessageDescriptor) {
	if m == nil || l.requested[m.FullName()] || !strings.HasPrefix(string(m.FullName()), ours) {
		return
	}
	l.requested[m.FullName()] = true
	for i := range m.Fields().Len() {
		l.request(m.Fields().Get(i).Message())
	}
}

func (l *linter) file(f protoreflect.FileDescriptor) {
	for i := range f.Services().Len() {
		l.service(f.Services().Get(i))
	}
	l.enums(f.Enums())
	l.messages(f.Messages())
}

func (l *linter) messages(all protoreflect.MessageDescriptors) {
	for i := range all.Len() {
		m := all.Get(i)
		if m.IsMapEntry() {
			continue
		}
		for j := range m.Fields().Len() {
			l.field(m.Fields().Get(j))
		}
		l.enums(m.Enums())
		l.messages(m.Messages())
	}
}

// complain reports what d breaks, unless a comment makes an exception.
func (l *linter) complain(d protoreflect.Descriptor, rule, format string, args ...any) {
	if excepted(d, rule) {
		return
	}
	file := d.ParentFile()
	line := file.SourceLocations().ByDescriptor(d).StartLine + 1
	l.complaints = append(l.complaints, fmt.Sprintf("%s:%d: %s: %s (%s)",
		file.Path(), line, d.FullName(), fmt.Sprintf(format, args...), rule))
}

// exception needs a reason: the words after the marker that it is no precedent.
var exception = regexp.MustCompile(`(?s)\(--\s*api-linter:\s*(\S+)=disabled\s+aip\.dev/not-precedent:\s*\S.*?--\)`)

func excepted(d protoreflect.Descriptor, rule string) bool {
	for ; d != nil; d = d.Parent() {
		for _, found := range exception.FindAllStringSubmatch(comment(d), -1) {
			if found[1] == rule {
				return true
			}
		}
	}
	return false
}

// packagePath is where a file's package statement is among the source locations.
var packagePath = protoreflect.SourcePath{2}

func comment(d protoreflect.Descriptor) string {
	locations := d.ParentFile().SourceLocations()
	if _, file := d.(protoreflect.FileDescriptor); file {
		return locations.ByPath(packagePath).LeadingComments
	}
	return locations.ByDescriptor(d).LeadingComments
}
