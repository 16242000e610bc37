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
	"time"

	"kept.dev/suite/cluster"
	"kept.dev/suite/mailsink"
	"kept.dev/suite/scenario"
)

// soon is within what time others take up what has happened: the stories share one machine.
const soon = 10 * time.Second

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
	sink, err := mailsink.Open(dir)
	if err != nil {
		return err
	}
	defer sink.Stop()
	one, err := cluster.StartEmbedded(ctx, filepath.Join(dir, "embedded"), bin, true, sink.Env())
	if err != nil {
		return err
	}
	fmt.Print(one.Describe())
	failed := play(ctx, "embedded", one.Environment(), sink, stories)
	if err := one.Stop(); err != nil {
		return err
	}
	many, err := cluster.Start(ctx, cluster.Config{Dir: filepath.Join(dir, "distributed"), Bin: bin, Sandbox: true, Env: []string{sink.Env()}})
	if err != nil {
		return err
	}
	fmt.Print(many.Describe())
	failed = errors.Join(failed, play(ctx, "distributed", many.Environment(), sink, stories))
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

func play(ctx context.Context, shape string, env scenario.Environment, sink *mailsink.Sink, stories []scenario.Story) error {
	env.Mails, env.Soon = sink.For, soon
	err := scenario.RunAll(ctx, env, stories, func(r scenario.Result) {
		if r.Err != nil {
			fmt.Printf("%s %s FAILED %v\n", r.Story.Number, shape, r.Err)
			return
		}
		fmt.Printf("%s %s ok %d checks in %.1f s\n", r.Story.Number, shape, r.Checks, r.Took.Seconds())
	})
	if err != nil {
		return fmt.Errorf("%s: %w", shape, err)
	}
	return nil
}
