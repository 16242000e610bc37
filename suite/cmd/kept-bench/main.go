// Command kept-bench measures the suite's speed and memory as ratios to limits measured in the same run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"kept.dev/suite/bench"
)

func main() {
	brief := flag.Bool("brief", false, "measure for moments only, to see that it runs")
	only := flag.String("only", "", "what to measure, with commas between: "+strings.Join(bench.Names(), ", "))
	shape := flag.String("shape", "", "measure in one shape: distributed or embedded")
	history := flag.String("history", "suite/history/cdnow_master.txt", "the file to import")
	flag.Parse()
	cfg := bench.Config{Brief: *brief, Only: strings.FieldsFunc(*only, func(r rune) bool { return r == ',' }), Shape: *shape, History: *history, Out: os.Stdout}
	if err := run(cfg, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "kept-bench:", err)
		os.Exit(1)
	}
}

func run(cfg bench.Config, args []string) error {
	if len(args) == 2 && args[0] == "plain" {
		return bench.Plain(args[1])
	}
	for _, name := range cfg.Only {
		if !slices.Contains(bench.Names(), name) {
			return fmt.Errorf("there is no measurement %q", name)
		}
	}
	return bench.Run(context.Background(), cfg)
}
