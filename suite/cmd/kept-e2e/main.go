// Command kept-e2e tries overlays/dev as it runs on the cluster that kubectl points to. Run it where Service addresses are reached, in
// the repository's root.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"kept.dev/kit/process"
	"kept.dev/suite/e2e"
)

func main() {
	steps := flag.String("steps", "stories,restore,edges,upgrade,scale,node", "what to try, in that order")
	power := flag.String("power", "", "the command that switches nodes: it is called with stop or start, and the node")
	shell := flag.String("shell", "busybox", "an image with sh and nc")
	namespace := flag.String("namespace", "kept", "where Kept runs")
	class := flag.String("gateway-class", "", "the class of the cluster's Gateway API implementation, for the step routes")
	flag.Parse()
	ctx, stop := process.Signals(context.Background())
	defer stop()
	if err := run(ctx, strings.Split(*steps, ","), *namespace, *power, *shell, *class); err != nil {
		fmt.Fprintln(os.Stderr, "kept-e2e:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, steps []string, namespace, power, shell, class string) error {
	folder, err := os.MkdirTemp("", "kept-e2e-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	d, err := e2e.Find(ctx, namespace, folder, os.Stdout)
	if err != nil {
		return err
	}
	for _, step := range steps {
		switch step {
		case "stories":
			err = d.Stories(ctx)
		case "edges":
			err = d.Edges(ctx, shell)
		case "upgrade":
			err = d.Upgrade(ctx)
		case "scale":
			err = d.Scale(ctx)
		case "restore":
			err = d.Restore(ctx)
		case "lag":
			err = d.Lag(ctx)
		case "routes":
			err = d.Routes(ctx, class)
		case "node":
			err = d.LoseNode(ctx, power)
		default:
			err = fmt.Errorf("there is no such step")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		fmt.Println(step, "ok")
	}
	return nil
}
