package localserver

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPortIsGivenOnce(t *testing.T) {
	given := map[int]bool{}
	for range 200 {
		port, err := FreePort()
		require.NoError(t, err)
		require.False(t, given[port], "%d was given twice", port)
		given[port] = true
	}
}

func TestWhoeverIsFirstHasIt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "20001")
	mine, err := reserve(file)
	require.NoError(t, err)
	require.True(t, mine)
	mine, err = reserve(file)
	require.NoError(t, err)
	require.False(t, mine)
}
