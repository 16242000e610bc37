//go:build failpoints

package failpoint

import (
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

var (
	mu   sync.Mutex
	seen = map[string]bool{}
)

// Hit records the place when asked to, and kills the process when this is the place to die.
func Hit(place, work string) {
	name := place + ":" + work
	record(name)
	if slow := os.Getenv("KEPT_FAILPOINT_SLOW"); slow != "" && strings.HasPrefix(name, slow) {
		time.Sleep(100 * time.Millisecond)
	}
	if os.Getenv("KEPT_FAILPOINT_KILL") != name {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing after the point may run while the signal is on its way
}

// Off tells whether the guard is switched off.
func Off(guard string) bool { return os.Getenv("KEPT_FAILPOINT_OFF") == guard }

func record(name string) {
	file := os.Getenv("KEPT_FAILPOINT_RECORD")
	if file == "" {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	if seen[name] {
		return
	}
	seen[name] = true
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteString(name + "\n")
}
