package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is Linux's unit of processor time in /proc.
const tick = 10 * time.Millisecond

// cpu is how much processor time the processes have used so far, with their children: what a change costs is seen by it however
// busy the machine is.
func cpu(pids []int) (sum time.Duration, err error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	used, children := map[int]time.Duration{}, map[int][]int{}
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		pid, parent, ticks, err := parseStat(string(raw))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		used[pid], children[parent] = time.Duration(ticks)*tick, append(children[parent], pid)
	}
	for len(pids) > 0 {
		pid := pids[0]
		sum += used[pid]
		pids = append(pids[1:len(pids):len(pids)], children[pid]...)
	}
	return sum, nil
}

// parseStat reads a line of /proc/{pid}/stat, see proc(5): the name in parentheses may hold anything.
func parseStat(line string) (pid, parent int, ticks int64, err error) {
	head, _, _ := strings.Cut(line, " ")
	fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(fields) < 15 {
		return 0, 0, 0, fmt.Errorf("it has %d fields behind the name", len(fields))
	}
	if pid, err = strconv.Atoi(head); err != nil {
		return 0, 0, 0, err
	}
	if parent, err = strconv.Atoi(fields[1]); err != nil {
		return 0, 0, 0, err
	}
	for _, i := range []int{11, 12, 13, 14} { // its own in user and system mode, and that of its children that have ended
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, 0, 0, err
		}
		ticks += n
	}
	return pid, parent, ticks, nil
}
