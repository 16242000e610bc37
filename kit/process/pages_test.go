package process_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kept.dev/kit/process"
)

func TestPagesThatAreAsInTheFile(t *testing.T) {
	const file = "/opt/kept suite/customer"
	for name, tc := range map[string]struct {
		mapping, anonymous string
		counts             bool
	}{
		"code":                   {"00400000-0047b000 r-xp 00000000 fe:00 4711    " + file, "0 kB", true},
		"constants":              {"00400000-0047b000 r--p 013bb000 fe:00 4711    " + file, "0 kB", true},
		"data":                   {"00400000-0047b000 rw-p 0297c000 fe:00 4711    " + file, "0 kB", false},
		"relocated, then closed": {"00400000-0047b000 r--p 013bb000 fe:00 4711    " + file, "16 kB", false},
		"shared":                 {"00400000-0047b000 r--s 013bb000 fe:00 4711    " + file, "0 kB", false},
		"out of reach":           {"00400000-0047b000 ---p 013bb000 fe:00 4711    " + file, "0 kB", false},
		"another file":           {"00400000-0047b000 r--p 00000000 fe:00 12      /usr/lib/libc.so.6", "0 kB", false},
		"a file named alike":     {"00400000-0047b000 r--p 00000000 fe:00 12      /var" + file, "0 kB", false},
		"no file":                {"00400000-0047b000 r--p 00000000 00:00 0 ", "0 kB", false},
	} {
		t.Run(name, func(t *testing.T) {
			smaps := tc.mapping + "\nSize:                492 kB\nRss:                 120 kB\nAnonymous:            " + tc.anonymous +
				"\nAnonHugePages:         0 kB\nVmFlags: rd ex mr mw me\n" +
				"c000000000-c000400000 rw-p 00000000 00:00 0 \nAnonymous:             0 kB\n"
			found, err := process.Untouched(strings.NewReader(smaps), file)
			require.NoError(t, err)
			if tc.counts {
				require.Equal(t, [][2]uintptr{{0x400000, 0x47b000}}, found)
			} else {
				require.Empty(t, found)
			}
		})
	}
}
