package bench

import (
	"fmt"
	"os"
	"strings"
)

// resident is how much memory a process holds, in MB (10^6 bytes), from the kernel.
func resident(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(string(text), "VmRSS:")
	var kib float64
	if _, err := fmt.Sscan(after, &kib); err != nil || !found {
		return 0, fmt.Errorf("no resident size of process %d", pid)
	}
	return kib * 1024 / 1e6, nil
}
