// Command kept-scenarios plays the stories over REST, against the embedded suite and against the distributed one, both as
// real processes. It prints what it played against, and one line for each story and shape.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"kept.dev/suite/cluster"
	"kept.dev/suite/mailsink"
	"kept.dev/suite/scenario"
)

func main() {
	number := flag.String("story", "", "the story to play, such as S07; all when empty")
	flag.Parse()
	if err := run(context.Background(), *number); err != nil {
		fmt.Fprintln(os.Stderr, "kept-scenarios:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, number string) error {
	stories := chosen(number)
	if len(stories) == 0 {
		return fmt.Errorf("there is no story %q", number)
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
	box, err := mailsink.Open(dir)
	if err != nil {
		return err
	}
	defer box.Stop()
	one, err := cluster.StartEmbedded(ctx, filepath.Join(dir, "embedded"), bin, true, box.Env())
	if err != nil {
		return err
	}
	fmt.Print(one.Describe())
	failed := runAll(ctx, "embedded", one.Environment(), box, stories)
	if err := one.Stop(); err != nil {
		return err
	}
	many, err := cluster.Start(ctx, cluster.Config{Dir: filepath.Join(dir, "distributed"), Bin: bin, Sandbox: true, Env: []string{box.Env()}})
	if err != nil {
		return err
	}
	fmt.Print(many.Describe())
	failed = errors.Join(failed, runAll(ctx, "distributed", many.Environment(), box, stories))
	return errors.Join(failed, many.Stop())
}

func chosen(number string) []scenario.Story {
	if number == "" {
		return scenario.Stories()
	}
	for _, s := range scenario.Stories() {
		if s.Number == number {
			return []scenario.Story{s}
		}
	}
	return nil
}

func runAll(ctx context.Context, shape string, env scenario.Environment, box *mailsink.Sink, stories []scenario.Story) error {
	env.Mails = box.For
	var faults []error
	for _, story := range stories {
		checks, err := scenario.Run(ctx, env, story)
		if err != nil {
			fmt.Printf("%s %s FAILED %v\n", story.Number, shape, err)
			faults = append(faults, fmt.Errorf("%s %s: %w", story.Number, shape, err))
			continue
		}
		fmt.Printf("%s %s ok %d checks\n", story.Number, shape, checks)
	}
	return errors.Join(faults...)
}
