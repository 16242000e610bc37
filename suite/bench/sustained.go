package bench

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// sustainedShare is the rate of orders that is to be sustained, as a share of the baseline.
const sustainedShare = 0.10

// sustained places orders in an open loop at a tenth of the baseline and looks whether the events keep up.
func (r *run) sustained(ctx context.Context, p *target) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	yard, err := r.baseline.measure(ctx, r.cfg.of(5*time.Second))
	if err != nil {
		return err
	}
	rate, d := yard*sustainedShare, r.cfg.of(60*time.Second)
	early := make(chan lag, 1)
	look := time.AfterFunc(d/6, func() { l, _ := p.lag(ctx); early <- l })
	defer look.Stop()
	made := openLoop(ctx, rate, d, func(ctx context.Context, n int) error { _, err := s.order(ctx, n); return err })
	first := <-early
	last, err := p.lag(ctx)
	if err != nil {
		return err
	}
	r.print("%s: sustained %.0f orders/s (%.2f of %.0f) for %s: %d placed, %d failed %s, p50 %s, p99 %s", p.shape, rate, sustainedShare, yard, d,
		made.Done, made.Failed, orNothing(made.FirstFault), short(made.P50), short(made.P99))
	r.print("%s: sustained: behind after a sixth %v, at the end %v (needed: no more at the end)", p.shape, first, last)
	took, err := p.settle(ctx, 2*time.Minute)
	r.print("%s: sustained: every event is handled %s after the last order", p.shape, took.Round(time.Millisecond))
	return err
}

// soak places orders at half of that for ten minutes, and prints every minute what each process holds.
func (r *run) soak(ctx context.Context, p *target) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	yard, err := r.baseline.measure(ctx, r.cfg.of(5*time.Second))
	if err != nil {
		return err
	}
	if err := p.forgetPeaks(); err != nil {
		return err
	}
	rate, minute := yard*sustainedShare/2, r.cfg.of(time.Minute)
	placed := 0
	for n := range 10 {
		made := openLoop(ctx, rate, minute, func(ctx context.Context, n int) error { _, err := s.order(ctx, placed+n); return err })
		placed += int(made.Done)
		l, err := p.lag(ctx)
		if err != nil {
			return err
		}
		held, err := p.held()
		if err != nil {
			return err
		}
		r.print("%s: soak %2d of 10 at %.0f orders/s: %d placed, %d failed %s, p99 %s, %v; MB now (peak): %s", p.shape, n+1, rate, made.Done,
			made.Failed, orNothing(made.FirstFault), short(made.P99), l, held)
	}
	_, err = p.settle(ctx, 2*time.Minute)
	return err
}

// held is what each process holds, and the most that it held.
func (p *target) held() (string, error) {
	var parts []string
	for _, process := range p.processes {
		now, err := resident(process)
		if err != nil {
			return "", err
		}
		most, err := peak(process)
		if err != nil {
			return "", err
		}
		parts = append(parts, fmt.Sprintf("%s %.0f (%.0f)", process.Name, now, most))
	}
	return strings.Join(parts, ", "), nil
}
