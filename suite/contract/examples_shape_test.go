package contract_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// enough is how many elements of a list an example shows.
const enough = 2

// short cuts lists short.
func short(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inside := range v {
			v[name] = short(inside)
		}
	case []any:
		v = v[:min(len(v), enough)]
		for i := range v {
			v[i] = short(v[i])
		}
		return v
	}
	return value
}

// shapes are the fields of some JSON: "answer.lines[].product is string". What is in lists is left out: their elements need not all
// have the same fields, and which come first is not always the same. They are looked at by the Get of what they list.
func shapes(query map[string]string, body, answer any) []string {
	var all []string
	for name := range query {
		all = append(all, "query "+name)
	}
	all = shape(all, "body", body)
	all = shape(all, "answer", answer)
	slices.Sort(all)
	return all
}

func shape(all []string, path string, value any) []string {
	switch v := value.(type) {
	case map[string]any:
		if strings.HasSuffix(path, ".details") { // a map: its keys are content
			return append(all, path)
		}
		for name, inside := range v {
			all = shape(all, path+"."+name, inside)
		}
		return append(all, path)
	}
	return append(all, fmt.Sprintf("%s is %T", path, value))
}

// What differs from run to run, and what stands for it in an example.
var (
	uuids    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	chosen   = regexp.MustCompile(`\bx[0-9a-f]{32}`)
	instants = regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	hashes   = regexp.MustCompile(`\b[0-9a-f]{32}\b`)
	minutes  = regexp.MustCompile(`\d\d:\d\d UTC`)
	phones   = regexp.MustCompile(`\b044 \d{7}|\+38044\d{7}`)
	sealed   = regexp.MustCompile(`[A-Za-z0-9_-]{40,}`)
)

// neutral is the example without what differs from run to run, as far as a text tells, so that recording it again changes little.
func neutral(t *testing.T, e example) example {
	raw, err := json.Marshal(e)
	require.NoError(t, err)
	text := string(raw)
	text = replace(text, uuids, func(i int) string { return fmt.Sprintf("01990000-0000-7000-8000-%012d", i) })
	text = replace(text, chosen, func(i int) string { return fmt.Sprintf("sample-%d", i) })
	text = hashes.ReplaceAllString(text, "5a868efc59d52e40dd8774b4e275f38f")
	text = minutes.ReplaceAllString(text, "12:00 UTC")
	text = phones.ReplaceAllString(text, "+380441234567")
	text = sealed.ReplaceAllStringFunc(text, func(found string) string {
		if uuids.MatchString(found) {
			return found
		}
		return "c2lnbmVkIGFuZCBzZWFsZWQ"
	})
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	text = replace(text, instants, func(i int) string { return noon.Add(time.Duration(i-1) * time.Minute).Format(time.RFC3339) })
	var out example
	require.NoError(t, json.Unmarshal([]byte(text), &out))
	out.Body, out.Answer = calm("", out.Body), calm("", out.Answer)
	return out
}

// replace has each text that matches become the one of its rank, so that what was equal stays equal, and what was later stays later.
func replace(in string, what *regexp.Regexp, by func(rank int) string) string {
	found := what.FindAllString(in, -1)
	slices.Sort(found)
	found = slices.Compact(found)
	return what.ReplaceAllStringFunc(in, func(text string) string { return by(1 + slices.Index(found, text)) })
}

// calm replaces what is known by its field: etags, codes, tokens.
func calm(field string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inside := range v {
			v[name] = calm(name, inside)
		}
	case []any:
		for i := range v {
			v[i] = calm(field, v[i])
		}
	case string:
		switch {
		case v == "":
		case field == "etag":
			return "5f2d0a8c"
		case field == "code":
			return "123456"
		case field == "nextPageToken":
			return "bmV4dCBwYWdl"
		}
	}
	return value
}
