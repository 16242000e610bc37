package process

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/net/netutil"
)

// reservedFiles is how many of the files that a process may have open are kept for all but its clients' connections: databases,
// peers, and the ports for operators and probes, which have to answer when the others can't take any more.
const reservedFiles = 256

// fewest is how many connections there may be at least.
const fewest = 16

// Listen listens on a TCP address and takes at most so many connections at a time: fewer where the process may not have as many
// files open. More connections wait with the system until one has ended.
func Listen(ctx context.Context, address string, connections int) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return netutil.LimitListener(listener, affordable(connections, openFiles())), nil
}

// affordable is how many connections fit beside the reserve.
func affordable(wanted int, files uint64) int {
	if most := files - min(files, reservedFiles); most < uint64(wanted) {
		wanted = int(most)
	}
	return max(wanted, fewest)
}

// openFiles is how many files the process may have open.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 // what systems allow at least, unless somebody has lowered it
	}
	return limit.Cur
}
