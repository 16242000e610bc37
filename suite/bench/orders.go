package bench

import (
	"context"
	"time"
)

// against measures a load, with the baseline before and after, and returns the ratio as well.
func (r *run) against(ctx context.Context, d time.Duration, callers int, call func(context.Context, int) error) (Result, float64, error) {
	before, err := r.baseline.measure(ctx, r.cfg.of(5*time.Second))
	if err != nil {
		return Result{}, 0, err
	}
	made := closedLoop(ctx, callers, r.cfg.of(d), call)
	after, err := r.baseline.measure(ctx, r.cfg.of(5*time.Second))
	if err != nil {
		return Result{}, 0, err
	}
	r.print("baseline                           %6.0f/s before, %.0f/s after", before, after)
	return made, made.Rate() / ((before + after) / 2), nil
}

// orders measures CreateOrder at 32 callers.
func (r *run) orders(ctx context.Context, p *target) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	before, err := cpu(p.pids)
	if err != nil {
		return err
	}
	made, ratio, err := r.against(ctx, 15*time.Second, 32, func(ctx context.Context, caller int) error {
		_, err := s.order(ctx, caller+int(time.Now().UnixNano()%1000000))
		return err
	})
	if err != nil {
		return err
	}
	r.print("%s: orders through REST  %6.0f/s at 32 callers = %.2f of the baseline (needed 0.20, aim 0.33), p50 %s, p99 %s, %d failed %v",
		p.shape, made.Rate(), ratio, short(made.P50), short(made.P99), made.Failed, orNothing(made.FirstFault))
	took, err := p.settle(ctx, 2*time.Minute)
	if err != nil {
		return err
	}
	after, err := cpu(p.pids)
	r.print("%s: orders: every event is handled %s after the last order; an order takes %.2f ms of processor time until then",
		p.shape, took.Round(time.Millisecond), (after-before).Seconds()*1000/float64(made.Done))
	return err
}

// reads measures GetOrder against plain net/http that serves the same body.
func (r *run) reads(ctx context.Context, p *target) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
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
	r.print("%s: reads through REST   %6.0f/s at 64 callers = %.2f of plain net/http's %.0f/s (needed 0.35, aim 0.50), p99 %s, %d failed %v",
		p.shape, read.Rate(), read.Rate()/limit, limit, short(read.P99), read.Failed, orNothing(read.FirstFault))
	return nil
}

// restart measures how long a process with migrated data takes until it is ready.
func (r *run) restart(ctx context.Context, p *target) error {
	process := p.processes[0]
	if err := process.Stop(); err != nil {
		return err
	}
	start := time.Now()
	if err := process.Start(); err != nil {
		return err
	}
	if err := process.Await(ctx); err != nil {
		return err
	}
	r.print("%s: start of %-12s %6d ms until ready (needed 500)", p.shape, process.Name, time.Since(start).Milliseconds())
	return nil
}
