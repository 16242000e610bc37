// Command kept-bench measures the suite's speed and memory as ratios to limits measured in the same run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"kept.dev/suite/bench"
)

func main() {
	brief := flag.Bool("brief", false, "measure for moments only, to see that it runs")
	only := flag.String("only", "", "measure one thing: memory, orders, reads, sustained or start")
	flag.Parse()
	if err := run(bench.Config{Brief: *brief, Only: *only, Out: os.Stdout}, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "kept-bench:", err)
		os.Exit(1)
	}
}

func run(cfg bench.Config, args []string) error {
	if len(args) == 2 && args[0] == "plain" {
		return bench.Plain(args[1])
	}
	return bench.Run(context.Background(), cfg)
}
