// Package mutation proves that the guards against doubled effects are tested: with a guard switched off, a named test
// fails.
package mutation_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/failpoint"
)

func TestGuards(t *testing.T) {
	for _, m := range []struct{ guard, pkg, test string }{
		{failpoint.InboxCheck, "./inbox", "TestAnEventHasItsEffectOnce"},
		{failpoint.LeaseFence, "./timer", "TestAStalledWorkerIsOvertakenAndItsResultDoesNotCount"},
		{failpoint.IdempotencyCheck, "./change", "TestTheSameKeyGetsTheSameAnswer"},
	} {
		t.Run(m.guard, func(t *testing.T) {
			text, err := run(t, m.pkg, m.test, "")
			require.NoError(t, err, "with its guard on the test has to pass:\n%s", text)
			require.Contains(t, text, "--- PASS: "+m.test, "the test has to be there")

			text, err = run(t, m.pkg, m.test, m.guard)
			var failed *exec.ExitError
			require.ErrorAs(t, err, &failed, "without the guard the test has to fail:\n%s", text)
			require.Contains(t, text, "--- FAIL: "+m.test, "it is the test that has to fail, not the build")
			fmt.Printf("mutation %s: %s goes red\n", m.guard, m.test)
		})
	}
}

// run runs one test of kit, on SQLite, with failpoints compiled in and the guard switched off.
func run(t *testing.T, pkg, test, off string) (string, error) {
	cmd := exec.CommandContext(t.Context(), "go", "test", "-tags", "failpoints", "-count=1", "-v", "-run", "^"+test+"$/^sqlite$", pkg)
	cmd.Dir = filepath.Join("..", "..", "kit")
	cmd.Env = append(os.Environ(), "KEPT_FAILPOINT_OFF="+off)
	text, err := cmd.CombinedOutput()
	return string(text), err
}
