package observability

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exported is a metric as processes export it.
type exported struct {
	kind, help string
	labels     map[string]map[string]bool // label → its values
	by         map[string]bool            // processes
}

// catalogue is what has been seen, by the metric's name.
type catalogue map[string]*exported

var (
	comment = regexp.MustCompile(`^# (HELP|TYPE) (kept_\w+) (.*)$`)
	sample  = regexp.MustCompile(`^kept_\w+(?:\{(.*)\})? \S+$`)
	label   = regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)
)

// take reads what Prometheus gets from a process.
func (c catalogue) take(t *testing.T, process, text string) {
	t.Helper()
	name := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := comment.FindStringSubmatch(line); m != nil {
			name = m[2]
			c.told(t, name, m[1], m[3])
			c[name].by[process] = true
		} else if m := sample.FindStringSubmatch(line); m != nil {
			require.True(t, name != "" && strings.HasPrefix(line, name), "a sample without HELP and TYPE: %s", line)
			c[name].sampled(m[1])
		}
	}
}

// told takes what a process says about a metric; all have to say the same.
func (c catalogue) told(t *testing.T, name, what, text string) {
	t.Helper()
	if c[name] == nil {
		c[name] = &exported{labels: map[string]map[string]bool{}, by: map[string]bool{}}
	}
	is := &c[name].help
	if what == "TYPE" {
		is = &c[name].kind
	}
	require.Contains(t, []string{"", text}, *is, "%s says different things about itself", name)
	*is = text
}

func (e *exported) sampled(labels string) {
	for _, m := range label.FindAllStringSubmatch(labels, -1) {
		if m[1] == "le" { // a histogram's own
			continue
		}
		if e.labels[m[1]] == nil {
			e.labels[m[1]] = map[string]bool{}
		}
		e.labels[m[1]][m[2]] = true
	}
}
