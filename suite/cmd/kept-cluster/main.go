// Command kept-cluster runs the distributed suite on this machine until it is told to stop.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"kept.dev/kit/access"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "kept-cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "kept-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "bin")
	if err := cluster.Build(ctx, bin); err != nil {
		return err
	}
	c, err := cluster.Start(ctx, cluster.Config{Dir: dir, Bin: bin, Listen: "127.0.0.1:8080"})
	if err != nil {
		return err
	}
	owner, err := c.Environment().Token(access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/owner"})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "admin-token")
	if err := os.WriteFile(file, []byte(owner), 0o600); err != nil {
		return err
	}
	fmt.Printf("%s\nREST  http://%s\ndocs  http://%s/docs\nkeys, logs and data until it stops: %s\nadmin token, good for a day, in %s\n",
		c.Describe(), c.Gateway.Address, c.Gateway.Address, dir, file)
	select {
	case <-ctx.Done():
	case <-c.Failed():
		err = fmt.Errorf("a process has ended by itself")
	}
	started := time.Now()
	fmt.Println("stopping")
	if stopErr := c.Stop(); stopErr != nil {
		return stopErr
	}
	fmt.Printf("stopped in %s\n", time.Since(started).Round(time.Millisecond))
	return err
}
