package process

import (
	"os"
	"syscall"
)

// giveBackPages lets go of the program's own pages, code and constants, of which starting needs far more than working does:
// all that sets up packages, contracts and tables. The kernel has them in its cache of files still, and maps those that are
// needed again when they are: some microseconds for 64 kB. It may take them away itself at any time, so nothing can break.
// It is an economy, so faults don't count.
func giveBackPages() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer smaps.Close()
	found, err := untouched(smaps, program)
	if err != nil {
		return
	}
	for _, p := range found {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, p.from, p.to-p.from, syscall.MADV_DONTNEED)
	}
}
