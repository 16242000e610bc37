package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"kept.dev/tools/kube"
)

// packages are Debian's, for what is no Go program or has parts in C, with the libraries that they need.
func packages() []string {
	return []string{
		"containerd", "runc", "libseccomp2", "containernetworking-plugins", "busybox-static",
		"nftables", "libnftables1", "libnftnl11", "libmnl0", "libjansson4", "libedit2", "libbsd0", "libgmp10",
	}
}

const debianFolder = "debian"

// debian is where a file of theirs is.
func (c *cluster) debian(name string) string { return filepath.Join(c.cache, debianFolder, name) }

// getDebian unpacks the packages into the cache. The machine itself stays as it is.
func getDebian(ctx context.Context, cache *kube.Cache) error {
	dir := filepath.Join(cache.Dir, debianFolder)
	if kube.Exists(dir) {
		return nil
	}
	fmt.Fprintln(os.Stderr, "unpacking", packages())
	made, err := os.MkdirTemp(cache.Dir, ".debian-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(made)
	get := append([]string{"apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download"}, packages()...)
	if err := command(ctx, made, get...); err != nil { // what is known of the packages may be old
		if err := command(ctx, made, "apt-get", "-qq", "update"); err != nil {
			return err
		}
		if err := command(ctx, made, get...); err != nil {
			return err
		}
	}
	archives, err := filepath.Glob(made + "/*.deb")
	for _, archive := range archives {
		err = errors.Join(err, command(ctx, made, "dpkg", "-x", archive, "."), os.Remove(archive))
	}
	return errors.Join(err, os.Chmod(made, 0o755), os.Rename(made, dir))
}

func command(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return nil
}

// useDebian lets this process and those that it starts find their programs and libraries.
func (c *cluster) useDebian() error {
	return errors.Join(
		os.Setenv("PATH", c.debian("usr/bin")+":"+c.debian("usr/sbin")+":"+os.Getenv("PATH")),
		os.Setenv("LD_LIBRARY_PATH", c.debian("usr/lib/x86_64-linux-gnu")+":"+c.debian("lib/x86_64-linux-gnu")))
}
