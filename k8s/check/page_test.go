package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryCommandOfThePageIsRun: k8s/e2e runs the blocks called sh of the chapters that it names. There are none elsewhere, and what
// is not run says so.
func TestEveryCommandOfThePageIsRun(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "k8s/README.md"))
	require.NoError(t, err)
	script, err := os.ReadFile(filepath.Join(root, "k8s/e2e"))
	require.NoError(t, err)
	chapter, inside, run := "", false, 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "## "):
			chapter = strings.TrimPrefix(line, "## ")
		case strings.HasPrefix(line, "```") && inside:
			inside = false
		case strings.HasPrefix(line, "```"):
			inside = true
			kind := strings.TrimPrefix(line, "```")
			require.Contains(t, []string{"sh", "sh production", "yaml", "Dockerfile"}, kind, "a block in %q", chapter)
			if kind == "sh" {
				require.Contains(t, string(script), "page '"+chapter+"'", "nobody runs the commands in %q", chapter)
				run++
			}
		}
	}
	require.Greater(t, run, 8)
}
