package embedded_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/suite/scenario"
	"kept.dev/suite/stage"
)

func TestStories(t *testing.T) {
	for _, story := range scenario.Stories() {
		t.Run(story.Number, func(t *testing.T) {
			_, where := stage.Embedded(t)
			checks, err := scenario.Perform(t.Context(), where, story)
			require.NoError(t, err)
			t.Logf("%s embedded ok %d checks", story.Number, checks)
		})
	}
}
