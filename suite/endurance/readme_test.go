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

	"kept.dev/suite/cluster"
)

// step is a block of commands in the README, with what the README says that they print.
type step struct{ commands, prints string }

// TestReadme runs the README's story as a reader would, in one shell, and compares what it prints with what the README says. Told
// again, to a suite in which it has been told before, it goes as well; and whoever forgot the sandbox is told so.
func TestReadme(t *testing.T) {
	e, dir := startEmbedded(t)
	steps := readSteps(t)
	require.NotEmpty(t, steps)
	compared := 0
	for i, got := range tell(t, e, dir, steps) {
		want := objects(t, steps[i].prints)
		require.Len(t, got, len(want), "%s\nprints\n%v", steps[i].commands, got)
		for j := range want {
			if diff := difference("", want[j], got[j]); diff != "" {
				require.Fail(t, "the README is wrong", "%s\nprints another answer %d: %s\n%v", steps[i].commands, j+1, diff, got[j])
			}
			compared++
		}
	}
	t.Logf("readme: %d steps, %d answers as it says", len(steps), compared)

	for i, got := range tell(t, e, dir, steps) {
		want := objects(t, steps[i].prints)
		require.Len(t, got, len(want), "told again: %s\nprints\n%v", steps[i].commands, got)
		for j := range want {
			require.Equal(t, refused(want[j]), refused(got[j]), "told again: %s\nprints\n%v", steps[i].commands, got[j])
		}
	}

	real, err := cluster.StartEmbedded(t.Context(), t.TempDir(), bin, false, sink.Env())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, real.Stop()) })
	first := tell(t, real, dir, steps[:1])[0]
	require.Len(t, first, 1)
	require.Contains(t, fmt.Sprint(first[0]), "this is no sandbox")
}

// refused tells whether an answer is a refusal.
func refused(answer any) bool {
	fields, _ := answer.(map[string]any)
	return fields["code"] != nil
}

// tell runs the steps in one shell and returns the answers of each, what goes wrong among them.
func tell(t *testing.T, e *cluster.Embedded, dir string, steps []step) (answers [][]any) {
	t.Helper()
	const border = "-- the next step --"
	script := "exec 2>&1\n"
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
	for _, text := range printed[:len(steps)] {
		answers = append(answers, objects(t, text))
	}
	return answers
}

// readSteps reads the blocks from the README: ```sh, and ```json where it says what comes.
func readSteps(t *testing.T) (steps []step) {
	for _, b := range blocksOf(t, "README.md") {
		switch {
		case b.kind == "sh":
			steps = append(steps, step{commands: b.text})
		case b.kind == "json":
			require.NotEmpty(t, steps, "an answer before any command")
			steps[len(steps)-1].prints += b.text
		}
	}
	return steps
}

// block is a piece of a page between ```kind and ```.
type block struct{ kind, text string }

// blocksOf reads the blocks of a page of the repository.
func blocksOf(t *testing.T, page string) (blocks []block) {
	text, err := os.ReadFile(filepath.Join(repository(t), page))
	require.NoError(t, err)
	inside := false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "```") && !inside:
			blocks, inside = append(blocks, block{kind: strings.TrimSpace(line[3:])}), true
		case strings.HasPrefix(line, "```"):
			inside = false
		case inside:
			blocks[len(blocks)-1].text += line
		}
	}
	return blocks
}

// repository is the folder of the whole.
func repository(t *testing.T) string {
	work, err := exec.CommandContext(t.Context(), "go", "env", "GOWORK").Output()
	require.NoError(t, err)
	return filepath.Dir(strings.TrimSpace(string(work)))
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
