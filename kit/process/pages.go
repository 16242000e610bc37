package process

import (
	"bufio"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// pages are a range of addresses.
type pages struct{ from, to uintptr }

// mapped begins what smaps says of one mapping: its addresses, what may be done there, and the file (proc(5)).
var mapped = regexp.MustCompile(`^([0-9a-f]+)-([0-9a-f]+) ([r-][w-][x-][ps]) [0-9a-f]+ [0-9a-f:]+ [0-9]+ *(.*)$`)

// untouched are the pages, by what /proc/PID/smaps says, that are as they are in the file: private mappings of it that may not be
// written, and of which no page has been written before that was forbidden, as a dynamic linker does. To let go of those would
// be to lose what was written.
func untouched(smaps io.Reader, file string) ([]pages, error) {
	var found []pages
	var candidate *pages
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		if m := mapped.FindStringSubmatch(lines.Text()); m != nil {
			candidate = nil
			if strings.HasPrefix(m[3], "r-") && strings.HasSuffix(m[3], "p") && m[4] == file {
				from, _ := strconv.ParseUint(m[1], 16, 64)
				to, _ := strconv.ParseUint(m[2], 16, 64)
				candidate = &pages{uintptr(from), uintptr(to)}
			}
			continue
		}
		if kept, ok := strings.CutPrefix(lines.Text(), "Anonymous:"); ok && candidate != nil && strings.TrimSpace(kept) == "0 kB" {
			found = append(found, *candidate)
		}
	}
	return found, lines.Err()
}
