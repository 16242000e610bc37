package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kept.dev/kit/localserver"
	"kept.dev/suite/cluster"
)

// Config says how long to measure.
type Config struct {
	// Brief measures for moments only, to see that the benchmarks still run.
	Brief bool
	// Only are the things to measure, by their names in Names; empty for all.
	Only []string
	// Shape is the one shape to measure, distributed or embedded; empty for both.
	Shape string
	// History is the file that is imported.
	History string
	Out     io.Writer
}

// of is a duration, or a moment where it is to be brief.
func (c Config) of(d time.Duration) time.Duration {
	if c.Brief {
		return d / 20
	}
	return d
}

// some is a number, or a small part of it where it is to be brief.
func (c Config) some(n int) int {
	if c.Brief {
		return max(1, n/50)
	}
	return n
}

// measurement is one thing that is measured, in a shape or in both.
type measurement struct {
	name string
	run  func(*run, context.Context, *target) error
}

// measurements are all of them, in the order in which they do each other the least harm.
var measurements = []measurement{
	{"memory", (*run).memory},
	{"import", (*run).imports},
	{"orders", (*run).orders},
	{"flashsale", (*run).flashSale},
	{"reads", (*run).reads},
	{"points", (*run).points},
	{"mails", (*run).mails},
	{"sustained", (*run).sustained},
	{"soak", (*run).soak},
	{"listings", (*run).listings},
	{"start", (*run).restart},
}

// Names are what can be measured.
func Names() (names []string) {
	for _, m := range measurements {
		names = append(names, m.name)
	}
	return names
}

// run is one run of all benchmarks.
type run struct {
	cfg      Config
	dir      string
	baseline *baseline
}

// Run measures everything and prints it as it comes.
func Run(ctx context.Context, cfg Config) (err error) {
	dir, err := os.MkdirTemp("", "kept-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r := &run{cfg: cfg, dir: dir}
	if err := cluster.Build(ctx, r.bin()); err != nil {
		return err
	}
	server, err := localserver.StartPostgres(ctx, filepath.Join(dir, "baseline"))
	if err != nil {
		return err
	}
	defer server.Stop(false)
	url, err := server.Create(ctx, "baseline")
	if err != nil {
		return err
	}
	if r.baseline, err = newBaseline(ctx, url); err != nil {
		return err
	}
	defer r.baseline.pool.Close()
	for _, shape := range []struct {
		name string
		open func(context.Context) (*target, error)
	}{{"distributed", r.distributed}, {"embedded", r.embedded}} {
		if cfg.Shape == "" || cfg.Shape == shape.name {
			err = errors.Join(err, r.measure(ctx, shape.open))
		}
	}
	return err
}

func (r *run) bin() string { return filepath.Join(r.dir, "bin") }

func (r *run) print(format string, args ...any) { fmt.Fprintf(r.cfg.Out, format+"\n", args...) }

// measure opens a target and measures it.
func (r *run) measure(ctx context.Context, open func(context.Context) (*target, error)) (err error) {
	p, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	for _, m := range measurements {
		if len(r.cfg.Only) > 0 && !slices.Contains(r.cfg.Only, m.name) {
			continue
		}
		if err := m.run(r, ctx, p); err != nil {
			return fmt.Errorf("%s, %s: %w", p.shape, m.name, err)
		}
	}
	return nil
}

func orNothing(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// short is a duration as tables show it.
func short(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
