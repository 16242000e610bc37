package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var sources = map[string]string{
	"customer": "./services/customer/cmd/customer", "order": "./services/order/cmd/order", "loyalty": "./services/loyalty/cmd/loyalty",
	"notification": "./services/notification/cmd/notification", "support": "./services/support/cmd/support",
	"gateway": "./gateway/cmd/gateway", "kept": "./suite/cmd/kept",
}

// sameAsOrder: all services have the same settings, so one of them is asked.
var sameAsOrder = []string{"customer", "loyalty", "notification", "support"}

var (
	setting = regexp.MustCompile(`\$(KEPT_[A-Z_]+)`)
	known   sync.Map // settings by program
)

// settingsOf are the settings that the program itself says it has.
func settingsOf(t *testing.T, name string) []string {
	t.Helper()
	if slices.Contains(sameAsOrder, name) {
		name = "order"
	}
	if found, ok := known.Load(name); ok {
		return found.([]string)
	}
	file := filepath.Join(t.TempDir(), name)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, sources[name])
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOWORK=", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	help := []string{"--help"}
	if name == "kept" { // which does other things, too
		help = []string{"serve", "--help"}
	}
	out, err = exec.CommandContext(t.Context(), file, help...).CombinedOutput()
	require.NoError(t, err, string(out))
	var found []string
	for _, match := range setting.FindAllStringSubmatch(string(out), -1) {
		if match[1] != "KEPT_CONFIG" {
			found = append(found, match[1])
		}
	}
	require.NotEmpty(t, found)
	known.Store(name, found)
	return found
}

// TestProgramsKnowTheirSettings: nothing is set that the program would not read.
func TestProgramsKnowTheirSettings(t *testing.T) {
	eachOverlay(t, func(t *testing.T, o *overlay) {
		for _, w := range o.workloads {
			c := w.pod.Spec.Containers[0]
			name := program(c)
			if name == "" || w.kind == "Job" {
				continue
			}
			have := settingsOf(t, name)
			for _, m := range o.environment(t, w, c) {
				for key := range m.Data {
					if strings.HasPrefix(key, "KEPT_") {
						require.Contains(t, have, key, "%s does not know it", name)
					}
				}
			}
			for _, e := range c.Env {
				if strings.HasPrefix(e.Name, "KEPT_") {
					require.Contains(t, have, e.Name, "%s does not know it", name)
				}
			}
		}
	})
}

// fromSecrets are the settings that no file shows.
var fromSecrets = []string{"KEPT_DATABASE", "KEPT_REDIS", "KEPT_SMTP"}

// TestEverySettingIsDocumented: the files with settings show each that a program has, set or not, with a comment above it.
func TestEverySettingIsDocumented(t *testing.T) {
	for name, files := range map[string][]string{
		"order":   {"base/settings.env", "base/service.env"},
		"gateway": {"base/settings.env", "base/gateway.env"},
		"kept":    {"overlays/embedded/settings.env"},
	} {
		shown := map[string]bool{}
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join(root, "k8s", file))
			require.NoError(t, err)
			above := ""
			for line := range strings.Lines(string(text)) {
				if key, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "="); ok && strings.HasPrefix(key, "KEPT_") {
					require.Regexp(t, `^(# |KEPT_|#KEPT_)`, above, "%s in %s has no comment", key, file)
					shown[key] = true
				}
				above = line
			}
		}
		for _, key := range settingsOf(t, name) {
			require.True(t, shown[key] || slices.Contains(fromSecrets, key), "%s of %s is in none of %v", key, name, files)
			delete(shown, key)
		}
		require.Empty(t, shown, "%s has no such settings", name)
	}
}
