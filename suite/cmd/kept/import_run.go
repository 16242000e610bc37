package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/suite/importer"
)

// importRun is one run of kept import.
type importRun struct {
	cmd    ImportCmd
	spec   *orderv1.Import // nil when one is followed
	client *importer.Client
	screen *importer.Screen
	in     io.Reader
	out    io.Writer // what came of it
	err    io.Writer // what went wrong

	name    string // the import's
	started bool
	ended   *orderv1.Import
	faults  []*orderv1.ImportFault
}

// newImportRun fails where the command can't be meant so.
func newImportRun(cmd ImportCmd) (*importRun, error) {
	r := &importRun{screen: importer.NewScreen(os.Stderr, importer.IsTerminal(os.Stderr), ""), in: os.Stdin, out: os.Stdout, err: os.Stderr}
	err := cmd.check()
	if err == nil && cmd.File != "" {
		r.spec, err = cmd.spec()
	}
	r.cmd = cmd
	return r, err
}

// shownFaults is how many faulty rows are shown.
const shownFaults = 10

// run takes the file in, and waits for it.
func (r *importRun) run(ctx context.Context) (err error) {
	defer r.screen.End()
	if r.client == nil {
		if r.client, err = r.cmd.client(); err != nil {
			return err
		}
	}
	r.name, r.started = r.cmd.Follow, true
	if r.spec != nil {
		r.started = false
		if err := r.send(ctx); err != nil {
			return err
		}
		r.started = true
	}
	if r.ended, err = r.client.Follow(ctx, r.name, r.screen.Show); err != nil {
		return err
	}
	if r.ended.GetFaultCount() > 0 {
		r.faults, err = r.client.Faults(ctx, r.name, shownFaults)
	}
	return err
}

func (r *importRun) send(ctx context.Context) error {
	file, size, err := r.cmd.open(r.in)
	if err != nil {
		return err
	}
	defer file.Close()
	r.name, err = r.client.Send(ctx, r.spec, file, size, r.screen.Show)
	return err
}

// end tells how it went, and is the status for that.
func (r *importRun) end(ctx context.Context, err error) int {
	switch {
	case err != nil && ctx.Err() != nil && r.ended == nil:
		r.tellInterrupted()
		return interrupted
	case err != nil:
		fmt.Fprintf(r.err, "kept import: %v\n", err)
		if r.ended == nil {
			return failed
		}
	}
	r.tellSummary()
	switch {
	case r.ended.GetState() != orderv1.Import_SUCCEEDED:
		return failed
	case r.ended.GetFaultCount() > 0:
		return someFaulty
	}
	return allTaken
}

// tellSummary counts what the file has brought.
func (r *importRun) tellSummary() {
	i := r.ended
	what := "has taken in all of the file"
	switch {
	case i.GetState() == orderv1.Import_CANCELLED:
		what = "was cancelled; what it had imported stays"
	case i.GetState() == orderv1.Import_UNDONE:
		what = "has been undone"
	case i.GetValidateOnly():
		what = "has brought nothing, and would bring this"
	}
	fmt.Fprintf(r.out, "%s %s.\n", i.GetName(), what)
	for _, line := range []struct {
		what   string
		count  int64
		always bool
	}{{"rows", i.GetRowCount(), true}, {"new customers", i.GetCustomerCount(), true}, {"new orders", i.GetOrderCount(), true},
		{"changed orders", i.GetChangedCount(), false}, {"unchanged rows", i.GetUnchangedCount(), true}, {"faulty rows", i.GetFaultCount(), true},
		{"removed orders", i.GetRemovedCount(), false}} {
		if line.always || line.count > 0 {
			fmt.Fprintf(r.out, "  %-14s %12s\n", line.what, importer.Count(line.count))
		}
	}
	tellTotals(r.out, i.GetSummary())
	tellChanges(r.out, i)
	if i.GetValidateOnly() {
		tellPreview(r.out, i.GetSummary())
	}
	for _, f := range r.faults {
		fmt.Fprintf(r.out, "line %d: %s\n", f.GetLine(), f.GetReason())
	}
	if more := i.GetFaultCount() - int64(len(r.faults)); more > 0 {
		fmt.Fprintf(r.out, "and %s more: GET %s/v1/%s/faults\n", importer.Count(more), r.client.URL, i.GetName())
	}
}

// tellInterrupted tells what goes on after Ctrl-C: nothing, unless the import had been started.
func (r *importRun) tellInterrupted() {
	if !r.started {
		fmt.Fprintln(r.err, "kept import: interrupted before the import began; it is called off")
		return
	}
	token := "$(cat '" + strings.ReplaceAll(r.cmd.TokenFile, "'", `'\''`) + "')"
	if r.cmd.Token != "" {
		token = "$TOKEN"
	}
	fmt.Fprintf(r.err, "\n%s goes on on the server. To follow, pause or cancel it:\n", r.name)
	fmt.Fprintf(r.err, "  kept import --follow %s --url %s\n", r.name, r.client.URL)
	for _, verb := range []string{"pause", "cancel"} {
		fmt.Fprintf(r.err, "  curl -X POST -H \"Authorization: Bearer %s\" %s/v1/%s:%s\n", token, r.client.URL, r.name, verb)
	}
}
