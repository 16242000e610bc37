package process_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/process"
)

// TestGiveBack sees the program's own pages go, and the program work on without them.
func TestGiveBack(t *testing.T) {
	touchProgram(t)
	before := residentFile(t)
	process.GiveBack()
	require.Less(t, residentFile(t), before*3/4, "kB of files that the process holds")
}

// touchProgram has the kernel map all of the program that may be read.
func touchProgram(t *testing.T) {
	smaps, err := os.Open("/proc/self/smaps")
	require.NoError(t, err)
	defer smaps.Close()
	program, err := os.Readlink("/proc/self/exe")
	require.NoError(t, err)
	mapped, err := process.Untouched(smaps, program)
	require.NoError(t, err)
	require.NotEmpty(t, mapped)
	memory, err := os.Open("/proc/self/mem")
	require.NoError(t, err)
	defer memory.Close()
	for _, m := range mapped {
		_, err := memory.ReadAt(make([]byte, m[1]-m[0]), int64(m[0]))
		require.NoError(t, err)
	}
}

var rssFile = regexp.MustCompile(`RssFile:\s+(\d+) kB`)

func residentFile(t *testing.T) int {
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	m := rssFile.FindSubmatch(status)
	require.NotNil(t, m)
	kB, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	return kB
}
