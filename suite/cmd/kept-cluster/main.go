// Command kept-cluster runs the distributed suite on this machine until it is told to stop.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"kept.dev/kit/access"
	"kept.dev/kit/app"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	"kept.dev/suite/cluster"
)

// ClusterCmd runs the suite as processes.
type ClusterCmd struct {
	Listen string `help:"Address to serve REST on." default:"127.0.0.1:8080"`
}

func main() {
	var cmd ClusterCmd
	app.Exit("kept-cluster", os.Args[1:], &cmd, cmd.Run)
}

// Run runs until a signal comes.
func (c *ClusterCmd) Run(ctx context.Context) error {
	if err := free(ctx, c.Listen); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "kept-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "bin")
	if err := cluster.Build(ctx, bin); err != nil {
		return err
	}
	suite, err := cluster.Start(ctx, cluster.Config{Dir: dir, Bin: bin, Listen: c.Listen})
	if err != nil {
		return err
	}
	owner, err := suite.Environment().Token(access.Principal{Role: accessv1.Role_ROLE_ADMIN, Subject: "admins/owner"})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "admin-token")
	if err := os.WriteFile(file, []byte(owner), 0o600); err != nil {
		return err
	}
	fmt.Printf("%s\nREST  http://%s\ndocs  http://%s/docs\nkeys, logs and data until it stops: %s\nadmin token, good for a day, in %s\n",
		suite.Describe(), suite.Gateway.Address, suite.Gateway.Address, dir, file)
	select {
	case <-ctx.Done():
	case <-suite.Failed():
		err = fmt.Errorf("a process has ended by itself")
	}
	started := time.Now()
	fmt.Println("stopping")
	if stopErr := suite.Stop(); stopErr != nil {
		return stopErr
	}
	fmt.Printf("stopped in %s\n", time.Since(started).Round(time.Millisecond))
	return err
}

// free tells at once whether the address can be had, and not after all else was built and started.
func free(ctx context.Context, address string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return listener.Close()
}
