// Package localserver runs PostgreSQL and Redis servers for tests, benchmarks and the distributed suite on one machine: each with a fresh
// data folder and a port on 127.0.0.1 that nobody else takes, as durable as in production.
package localserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// FreePort finds a port below those that the system gives to outgoing connections, so that none of them takes it before its
// server listens, or while that server is started again. It belongs to this process until that ends: nobody else who asks here is
// given it meanwhile.
func FreePort() (int, error) {
	folder := filepath.Join(os.TempDir(), "kept-ports")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return 0, err
	}
	for range 100 {
		port := 20000 + rand.N(12000)
		mine, err := reserve(filepath.Join(folder, fmt.Sprint(port)))
		if err != nil {
			return 0, err
		}
		if !mine {
			continue
		}
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port between 20000 and 32000")
}

// reserve locks the file for as long as the process lives, which is why nothing closes it.
func reserve(file string) (mine bool, err error) {
	fd, err := syscall.Open(file, syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return false, fmt.Errorf("reserve a port: %w", err)
	}
	err = syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return true, nil
	}
	if err := syscall.Close(fd); err != nil {
		return false, err
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return false, fmt.Errorf("reserve a port: %w", err)
}
