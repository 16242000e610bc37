package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"kept.dev/kit/process"
	"kept.dev/suite/importer"
)

// UndoCmd takes back what an import has brought.
type UndoCmd struct {
	Name string `arg:"" help:"The import, such as imports/0190…; kept import says it at its end."`
	Caller
}

// undoMain runs the command, and returns the status with which the process has to end.
func undoMain(args []string) int {
	var cmd UndoCmd
	err := process.Parse("kept import undo", &cmd, args)
	if errors.Is(err, process.ErrHelp) {
		return allTaken
	}
	if err == nil && !importName.MatchString(cmd.Name) {
		err = fmt.Errorf("%s is no import's name: it looks like imports/0190…", cmd.Name)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "kept import undo: %v\n", err)
		return misused
	}
	ctx, stop := process.Signals(context.Background())
	defer stop()
	client, err := cmd.client()
	if err == nil {
		err = undo(ctx, client, cmd.Name, os.Stdout)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "kept import undo: %v\n", err)
		return failed
	}
	return allTaken
}

// undo has an import taken back, and waits until it is.
func undo(ctx context.Context, client *importer.Client, name string, out io.Writer) error {
	if err := client.Undo(ctx, name); err != nil {
		return err
	}
	undone, err := client.Follow(ctx, name, func(importer.Progress) {})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s has been undone; %s of its orders have gone, %s came in.\n", name, importer.Count(undone.GetRemovedCount()),
		importer.Count(undone.GetOrderCount()))
	return err
}
