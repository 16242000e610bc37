package timer

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
)

// batch is how many due timers are claimed at a time.
const batch = 200

// splits is how often a batch that fails is halved. After that its timers go one by one.
const splits = 3

// localPool carries out the local timers of one kind.
type localPool struct {
	w      *Worker
	kind   string
	handle LocalHandler
}

const (
	dueOfKind  = ` from timer where kind = $1 and not parked and due <= $2`
	claimFirst = `select ` + columns + dueOfKind + ` order by due limit $3`
	claimThese = `select ` + columns + dueOfKind + ` and key in `
)

// round carries out due timers in one transaction. If that fails, it is done in parts, until the one that fails is alone.
func (p *localPool) round(ctx context.Context) (n int, more bool, err error) {
	defer p.w.cfg.Activity.Begin()()
	s := &splitting{localPool: p, before: p.w.committed.Load()}
	claimed, err := p.carryOut(ctx, claimFirst, batch)
	if err != nil && !outage(ctx, err) {
		err = s.split(ctx, claimed, err, splits)
	}
	if err == nil {
		err = p.w.chargeSlow(ctx, s.slow, s.before)
	}
	return len(claimed), len(claimed) == batch, err
}

// splitting takes apart what could not be carried out together.
type splitting struct {
	*localPool
	before int64 // transactions that the worker had committed
	slow   []failure
}

// split carries out in parts what failed together. They are claimed again: some may have been set anew meanwhile, or carried
// out by another replica.
func (s *splitting) split(ctx context.Context, failed []Timer, cause error, splits int) error {
	switch {
	case len(failed) == 0:
		return cause // not even the claim went well
	case len(failed) == 1 && sqldb.TimedOut(cause):
		s.slow = append(s.slow, failure{failed[0], cause})
		return nil
	case len(failed) == 1:
		return s.w.charge(ctx, failed[0], cause)
	}
	for _, part := range parts(failed, splits) {
		list, keys := sqldb.List(3, keysOf(part))
		again, err := s.carryOut(ctx, claimThese+list, keys...)
		if err != nil && !outage(ctx, err) {
			err = s.split(ctx, again, err, splits-1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parts are the two halves, or each by itself when they have been halved often enough.
func parts(timers []Timer, splits int) (parts [][]Timer) {
	size := 1
	if splits > 0 {
		size = (len(timers) + 1) / 2
	}
	for len(timers) > 0 {
		n := min(size, len(timers))
		parts, timers = append(parts, timers[:n]), timers[n:]
	}
	return parts
}

func keysOf(timers []Timer) []string {
	keys := make([]string, len(timers))
	for i, t := range timers {
		keys[i] = t.Key
	}
	return keys
}

// carryOut carries out what the query claims, in one transaction.
func (p *localPool) carryOut(ctx context.Context, query string, args ...any) (claimed []Timer, err error) {
	cfg := p.w.cfg
	err = cfg.DB.Update(ctx, "timer."+p.kind, func(tx *sqldb.Tx) error {
		claimed = nil
		rows, err := tx.Query(query+cfg.DB.SkipLocked(), append([]any{p.kind, cfg.Clock.Now().UnixMicro()}, args...)...)
		if err != nil {
			return err
		}
		if claimed, err = sqldb.All(rows, scan); err != nil {
			return err
		}
		for _, t := range claimed {
			failpoint.Hit("timer.claimed", t.Kind)
			if err := p.end(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(claimed) > 0 {
		p.w.committed.Add(1)
	}
	return claimed, err
}

// end deletes the timer first, so that its handler may set it anew.
func (p *localPool) end(ctx context.Context, tx *sqldb.Tx, t Timer) error {
	ctx, span := p.w.cfg.Tracer.Start(event.Resume(ctx, t.traceparent), "timer "+t.Kind)
	defer span.End()
	Local(t.Kind).Cancel(tx, t.Key)
	err := telemetry.CatchPanic(func() error { return p.handle(ctx, tx, t) })
	if err != nil {
		span.RecordError(err)
	}
	return err
}
