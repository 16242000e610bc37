package contract_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
)

var record = flag.Bool("record", false, "write the examples anew that the OpenAPI document shows: make examples")

// examplesFolder has an example of each RPC, which `make generate` puts into the OpenAPI document.
const examplesFolder = "../../proto/examples"

// example is a request over REST and its answer.
type example struct {
	Path   string            `json:"path"`
	Query  map[string]string `json:"query,omitempty"`
	Body   any               `json:"body,omitempty"`
	Answer any               `json:"answer"`
}

// TestExamples holds the document's examples to what the running suite takes and answers: the same fields, and no other. What is
// in them differs from run to run (names, times, sums), and is not compared.
func TestExamples(t *testing.T) {
	w := newFixture(t)
	w.promise() // an order that reports tell of
	recorded := map[string]bool{}
	all := rpcs(t)
	slices.SortFunc(all, func(a, b rpc) int { return strings.Compare(a.full(), b.full()) }) // what one leaves behind, others may show
	for _, r := range all {
		if !r.overREST() {
			continue
		}
		file := filepath.Join(examplesFolder, string(r.desc.Parent().Name())+"_"+string(r.desc.Name())+".json")
		recorded[file] = true
		t.Run(r.String(), func(t *testing.T) {
			now := w.example(t, r)
			if *record {
				require.NoError(t, os.WriteFile(file, written(t, neutral(t, now)), 0o644))
				return
			}
			raw, err := os.ReadFile(file)
			require.NoError(t, err, "%s has no example yet: make examples", r)
			var shown example
			require.NoError(t, json.Unmarshal(raw, &shown))
			require.Equal(t, shapes(shown.Query, shown.Body, shown.Answer), shapes(now.Query, now.Body, now.Answer),
				"the example is not what %s takes and answers now: make examples", r)
		})
	}
	files, err := filepath.Glob(filepath.Join(examplesFolder, "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		if *record && !recorded[file] {
			require.NoError(t, os.Remove(file))
		} else if !recorded[file] {
			t.Errorf("%s is the example of no RPC: make examples", file)
		}
	}
}

// example calls the RPC as somebody who may.
func (w *fixture) example(t *testing.T, r rpc) example {
	request := w.sample(t, r)
	w.settle()
	p := r.split(t, asFields(t, request))
	token := ""
	if !r.open() {
		token = w.mayCall(r).token
	}
	a := w.send(t, r, token, "", p)
	require.Equal(t, codes.OK, a.code(), "%v", a)
	e := example{Path: p.path, Query: map[string]string{}}
	for name := range p.query {
		e.Query[name] = p.query.Get(name)
	}
	if p.body != nil {
		require.NoError(t, json.Unmarshal(p.body, &e.Body))
	}
	require.NoError(t, json.Unmarshal(a.raw, &e.Answer))
	e.Answer = short(e.Answer)
	return e
}

func written(t *testing.T, e example) []byte {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	to.SetIndent("", " ")
	require.NoError(t, to.Encode(e))
	return out.Bytes()
}
