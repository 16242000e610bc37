package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kept.dev/suite/cluster"
)

// Config says how long to measure.
type Config struct {
	// Brief measures for moments only, to see that the benchmarks still run.
	Brief bool
	// Only is the one thing to measure: memory, orders, reads, sustained or start; empty for all.
	Only string
	Out  io.Writer
}

func (c Config) of(d time.Duration) time.Duration {
	if c.Brief {
		return d / 20
	}
	return d
}

func (c Config) wants(what string) bool { return c.Only == "" || c.Only == what }

// run is one run of all benchmarks.
type run struct {
	cfg  Config
	dir  string
	many *cluster.Cluster
	yard *yardstick
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
	return errors.Join(r.distributed(ctx), r.embedded(ctx))
}

func (r *run) bin() string { return filepath.Join(r.dir, "bin") }

func (r *run) print(format string, args ...any) { fmt.Fprintf(r.cfg.Out, format+"\n", args...) }

// distributed measures two replicas of each service behind the gateway, on PostgreSQL and Redis.
func (r *run) distributed(ctx context.Context) (err error) {
	r.many, err = cluster.Start(ctx, cluster.Config{Dir: filepath.Join(r.dir, "many"), Bin: r.bin(), Unlimited: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.many.Stop()) }()
	url, err := r.many.Postgres.Create(ctx, "yardstick")
	if err != nil {
		return err
	}
	if r.yard, err = newYardstick(ctx, url); err != nil {
		return err
	}
	defer r.yard.pool.Close()
	if err := r.memory("a service", 45, r.many.Processes[0]); err != nil {
		return err
	}
	shop, err := openShop(ctx, r.many.Stage(), 1000, 64)
	if err != nil {
		return err
	}
	if err := r.orders(ctx, "distributed", shop); err != nil {
		return err
	}
	if err := r.reads(ctx, "distributed", shop); err != nil {
		return err
	}
	if err := r.sustained(ctx, shop); err != nil {
		return err
	}
	return r.restart(ctx, "a service", r.many.Processes[0])
}

// memory measures what a process holds that has nothing to do, two seconds after its start.
func (r *run) memory(what string, needed int, p *cluster.Process) error {
	if !r.cfg.wants("memory") {
		return nil
	}
	time.Sleep(2 * time.Second)
	idle, err := resident(p.PID())
	if err == nil {
		r.print("memory of %-27s %6.1f MB resident when idle (needed %d)", what, idle, needed)
	}
	return err
}

// embedded measures the whole suite in one process.
func (r *run) embedded(ctx context.Context) (err error) {
	one, err := cluster.StartEmbedded(ctx, filepath.Join(r.dir, "one"), r.bin(), false, "KEPT_RATE_LIMIT=0")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, one.Stop()) }()
	if err := r.memory("the embedded suite", 60, one.Process); err != nil {
		return err
	}
	shop, err := openShop(ctx, one.Stage(), 1000, 64)
	if err != nil {
		return err
	}
	r.ordersAlone(ctx, shop)
	if err := r.reads(ctx, "embedded", shop); err != nil {
		return err
	}
	return r.restart(ctx, "the embedded suite", one.Process)
}

// ordersAlone measures CreateOrder on SQLite, for which there is no yardstick: it stands beside PostgreSQL's.
func (r *run) ordersAlone(ctx context.Context, s *shop) {
	if !r.cfg.wants("orders") {
		return
	}
	made := closedLoop(ctx, 32, r.cfg.of(10*time.Second), func(ctx context.Context, caller int) error {
		_, err := s.order(ctx, caller+int(time.Now().UnixNano()%1000000))
		return err
	})
	r.print("embedded: orders through REST        %6.0f/s at 32 callers, p50 %s, p99 %s, %d failed %v", made.Rate(),
		made.P50.Round(10*time.Microsecond), made.P99.Round(10*time.Microsecond), made.Failed, orNothing(made.FirstFault))
}

func orNothing(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// orders measures CreateOrder at 32 callers, with the yardstick before and after.
func (r *run) orders(ctx context.Context, shape string, s *shop) error {
	if !r.cfg.wants("orders") {
		return nil
	}
	before, err := r.yard.measure(ctx, r.cfg.of(5*time.Second))
	if err != nil {
		return err
	}
	made := closedLoop(ctx, 32, r.cfg.of(15*time.Second), func(ctx context.Context, caller int) error {
		_, err := s.order(ctx, caller+int(time.Now().UnixNano()%1000000))
		return err
	})
	after, err := r.yard.measure(ctx, r.cfg.of(5*time.Second))
	if err != nil {
		return err
	}
	yard := (before + after) / 2
	r.print("yardstick                            %6.0f/s before, %.0f/s after", before, after)
	r.print("%s: orders through REST     %6.0f/s at 32 callers = %.2f of the yardstick (needed 0.20, aim 0.33), p50 %s, p99 %s, %d failed %v",
		shape, made.Rate(), made.Rate()/yard, made.P50.Round(10*time.Microsecond), made.P99.Round(10*time.Microsecond),
		made.Failed, orNothing(made.FirstFault))
	return nil
}

// reads measures GetOrder against plain net/http that serves the same body.
func (r *run) reads(ctx context.Context, shape string, s *shop) error {
	if !r.cfg.wants("reads") {
		return nil
	}
	name, err := s.order(ctx, 1)
	if err != nil {
		return err
	}
	body, err := s.get(ctx, "/v1/"+name)
	if err != nil {
		return err
	}
	plain, stop, err := startPlain(body)
	if err != nil {
		return err
	}
	defer stop()
	direct := &shop{url: plain, token: s.token, http: s.http}
	d := r.cfg.of(8 * time.Second)
	before := closedLoop(ctx, 64, d/2, func(ctx context.Context, _ int) error { _, err := direct.get(ctx, "/"); return err })
	read := closedLoop(ctx, 64, d, func(ctx context.Context, _ int) error { _, err := s.get(ctx, "/v1/"+name); return err })
	after := closedLoop(ctx, 64, d/2, func(ctx context.Context, _ int) error { _, err := direct.get(ctx, "/"); return err })
	limit := (before.Rate() + after.Rate()) / 2
	r.print("%s: reads through REST      %6.0f/s at 64 callers = %.2f of plain net/http's %.0f/s (needed 0.35, aim 0.50), p99 %s, %d failed %v",
		shape, read.Rate(), read.Rate()/limit, limit, read.P99.Round(10*time.Microsecond), read.Failed, orNothing(read.FirstFault))
	return nil
}

// restart measures how long a process with migrated data takes until it is ready.
func (r *run) restart(ctx context.Context, what string, p *cluster.Process) error {
	if !r.cfg.wants("start") {
		return nil
	}
	if err := p.Stop(); err != nil {
		return err
	}
	start := time.Now()
	if err := p.Start(); err != nil {
		return err
	}
	if err := p.Await(ctx); err != nil {
		return err
	}
	r.print("start of %-27s %6d ms until ready (needed 500)", what, time.Since(start).Milliseconds())
	return nil
}
