// Package kube builds Kubernetes and what goes with it from their published Go modules, once, and runs their programs, for tools that
// need a cluster to try things on.
package kube

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// Version is the release of Kubernetes that everything is tried on. A kubectl that is there may be one minor version older or newer.
const Version = "1.33.13"

// Cache is a folder for what takes long to make.
type Cache struct {
	Dir string
	// Hasty has what is not there yet built in two thirds of the time, to run slower: for who asks little of it.
	Hasty bool
	lock  *os.File
}

// CacheFolder is KEPT_K8S_CACHE, or kept-k8s among the user's caches.
func CacheFolder() (string, error) {
	if dir := os.Getenv("KEPT_K8S_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	home, err := os.UserCacheDir()
	return filepath.Join(home, "kept-k8s"), err
}

// OpenCache waits until nobody else has the cache open, which two that build the same would both have to pay for.
func OpenCache() (*Cache, error) {
	dir, err := CacheFolder()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &Cache{Dir: dir, lock: lock}, nil
}

// Close lets others open it.
func (c *Cache) Close() error { return c.lock.Close() }

// Folder makes a folder in the cache.
func (c *Cache) Folder(name string) (string, error) {
	dir := filepath.Join(c.Dir, name)
	return dir, os.MkdirAll(dir, 0o755)
}

// Exists tells whether there is such a file.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
