package embedded_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/environment"
	"kept.dev/suite/scenario"
)

// TestStories plays all stories on one embedded suite. With all tests they are not played here: make scenarios does, as a process.
func TestStories(t *testing.T) {
	if !testing.Short() {
		t.Skip("make scenarios plays them")
	}
	_, env := environment.Embedded(t)
	env.Soon = 10 * time.Second // they are played at the same time
	require.NoError(t, scenario.RunAll(t.Context(), env, scenario.Stories(), func(r scenario.Result) {
		t.Logf("%s embedded %d checks in %.1f s", r.Story.Number, r.Checks, r.Took.Seconds())
	}))
}
