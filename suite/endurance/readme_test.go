package endurance_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// step is a block of commands in the README, with what the README says that they print.
type step struct{ commands, prints string }

// TestReadme runs the README's story as a reader would, in one shell, and compares what it prints with what the README says.
func TestReadme(t *testing.T) {
	e, dir := startEmbedded(t)
	steps := readSteps(t)
	require.NotEmpty(t, steps)
	const border = "-- the next step --"
	script := "set -e\n"
	for _, s := range steps {
		script += s.commands + "\necho; echo '" + border + "'\n"
	}
	owner, err := os.ReadFile(filepath.Join(dir, "admin-token"))
	require.NoError(t, err)
	shell := exec.CommandContext(t.Context(), "bash", "-c", script)
	shell.Env = append(os.Environ(), "KEPT=http://"+e.Process.Address, "TOKEN="+string(owner),
		"KEPT_COMMAND="+filepath.Join(bin, "kept"), "DATA="+dir)
	out, err := shell.Output()
	require.NoError(t, err, "%s", out)

	printed := strings.Split(string(out), border)
	require.Len(t, printed, len(steps)+1)
	compared := 0
	for i, s := range steps {
		want, got := objects(t, s.prints), objects(t, printed[i])
		require.Len(t, got, len(want), "%s\nprints\n%s", s.commands, printed[i])
		for j := range want {
			if diff := difference("", want[j], got[j]); diff != "" {
				require.Fail(t, "the README is wrong", "%s\nprints another answer %d: %s\n%s", s.commands, j+1, diff, printed[i])
			}
			compared++
		}
	}
	t.Logf("readme: %d steps, %d answers as it says", len(steps), compared)
}

// readSteps reads the blocks from the README: ```sh, and ```json where it says what comes.
func readSteps(t *testing.T) (steps []step) {
	work, err := exec.CommandContext(t.Context(), "go", "env", "GOWORK").Output()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(strings.TrimSpace(string(work))), "README.md"))
	require.NoError(t, err)
	kind := ""
	for line := range strings.Lines(string(text)) {
		switch {
		case kind == "" && strings.HasPrefix(line, "```"):
			kind = strings.TrimSpace(line[3:])
			if kind == "sh" {
				steps = append(steps, step{})
			}
		case strings.HasPrefix(line, "```"):
			kind = ""
		case kind == "sh":
			steps[len(steps)-1].commands += line
		case kind == "json":
			require.NotEmpty(t, steps, "an answer before any command")
			steps[len(steps)-1].prints += line
		}
	}
	return steps
}

// objects are the answers in what was printed, after what a command may have said to a reader.
func objects(t *testing.T, text string) (out []any) {
	t.Helper()
	text = text[max(0, strings.IndexByte(text, '{')):]
	decoder := json.NewDecoder(strings.NewReader(text))
	for {
		var v any
		err := decoder.Decode(&v)
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err, text)
		out = append(out, v)
	}
}

// listDifference says which element of the wanted list is not there. They come in this order, with others between them: what else a
// day has, such as a refund that is due in another month, is not the reader's matter.
func listDifference(at string, want, got []any) string {
	next := 0
	for i, v := range want {
		var first string
		for ; next < len(got); next++ {
			diff := difference(fmt.Sprintf("%s[%d]", at, i), v, got[next])
			if diff == "" {
				break
			}
			first = cmp.Or(first, diff)
		}
		if next == len(got) {
			return cmp.Or(first, fmt.Sprintf("%s[%d] is not there", at, i))
		}
		next++
	}
	return ""
}

// difference says where the answer is not as wanted. It may have more fields, and longer lists; "…" stands for anything.
func difference(at string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: want an object, got %v", at, got)
		}
		for name, v := range want {
			field, ok := fields[name]
			if !ok {
				return fmt.Sprintf("%s.%s is not there", at, name)
			}
			if diff := difference(at+"."+name, v, field); diff != "" {
				return diff
			}
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) < len(want) {
			return fmt.Sprintf("%s: want a list of %d, got %v", at, len(want), got)
		}
		return listDifference(at, want, list)
	default:
		if want != "…" && want != got {
			return fmt.Sprintf("%s: want %v, got %v", at, want, got)
		}
	}
	return ""
}
