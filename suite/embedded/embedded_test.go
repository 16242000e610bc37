package embedded_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/environment"
	"kept.dev/suite/scenario"
)

func TestStories(t *testing.T) {
	for _, story := range scenario.Stories() {
		t.Run(story.Number, func(t *testing.T) {
			_, env := environment.Embedded(t)
			checks, err := scenario.Run(t.Context(), env, story)
			require.NoError(t, err)
			t.Logf("%s embedded ok %d checks", story.Number, checks)
		})
	}
}
