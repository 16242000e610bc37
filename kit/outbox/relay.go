package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"kept.dev/kit/bus"
	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
)

// Window is how long published events are kept, to be published again when the bus has lost them.
const Window = 7 * 24 * time.Hour

// RelayConfig is what a relay needs.
type RelayConfig struct {
	DB       *sqldb.DB
	Bus      bus.Bus
	Outbox   *Outbox
	Source   string
	Log      *slog.Logger
	Activity *telemetry.Activity
	// Lease is after how long another replica takes over from one that died (wall time; default 3 s).
	Lease time.Duration
	// Poll is how often to look for events that other replicas have written (default 50 ms).
	Poll time.Duration
}

// Relay publishes a service's events.
type Relay struct {
	cfg     RelayConfig
	holder  string
	leased  time.Time // until when this process is the one
	looked  time.Time // when the bus was asked what it has
	trimmed time.Time // when the bus was told to forget what everybody has
	swept   time.Time // when all events were looked over, and not only recent ones

	position position
}

// NewRelay makes a relay.
func NewRelay(cfg RelayConfig) *Relay {
	if cfg.Lease == 0 {
		cfg.Lease = 3 * time.Second
	}
	if cfg.Poll == 0 {
		cfg.Poll = 50 * time.Millisecond
	}
	cfg.DB = cfg.DB.Background()
	return &Relay{cfg: cfg, holder: id.New()}
}

// Run publishes until the context ends, and then hands the lease back.
func (r *Relay) Run(ctx context.Context) error {
	failures := 0
	for ctx.Err() == nil {
		n, err := r.round(ctx)
		if err != nil && ctx.Err() == nil {
			failures++
			r.cfg.Log.WarnContext(ctx, "events cannot be published", "error", err, "failures", failures)
			r.wait(ctx, min(time.Second, time.Duration(failures)*50*time.Millisecond))
			continue
		}
		failures = 0
		switch {
		case r.leased.IsZero():
			r.waitForLease(ctx)
		case n < page:
			r.wait(ctx, r.cfg.Poll)
		}
	}
	r.handBack(context.WithoutCancel(ctx))
	return nil
}

func (r *Relay) wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-r.cfg.Outbox.Wake():
	case <-time.After(d):
	}
}

// waitForLease waits for another replica to stop or die. Own events don't matter meanwhile: the other one finds them.
func (r *Relay) waitForLease(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(r.cfg.Lease / 10):
	}
}

// page is how many events are published at a time.
const page = 512

func (r *Relay) round(ctx context.Context) (int, error) {
	if held, err := r.hold(ctx); err != nil || !held {
		return 0, err
	}
	if err := r.checkBus(ctx); err != nil {
		return 0, err
	}
	if err := r.trim(ctx); err != nil {
		return 0, err
	}
	events, err := r.pending(ctx)
	if err == nil && len(events) == 0 && r.position.replaying {
		return page, r.putBack(ctx)
	}
	if err != nil || len(events) == 0 {
		return 0, err
	}
	defer r.cfg.Activity.Begin()()
	number := r.next()
	err = r.publish(ctx, number, events)
	if errors.Is(err, bus.ErrNumber) {
		r.looked = time.Time{} // the next round finds out what is missing
		return page, nil
	}
	if err != nil {
		return 0, err
	}
	return len(events), r.mark(ctx, number, events)
}

// publish gives the events to the bus, as long as the lease holds.
func (r *Relay) publish(ctx context.Context, number bus.Number, events []event.Event) error {
	ctx, cancel := context.WithDeadline(ctx, r.leased)
	defer cancel()
	return r.cfg.Bus.Publish(ctx, r.cfg.Source, number, events)
}

// next is the number of the next publication: the time, so that one that could not be noted and the one after it differ.
func (r *Relay) next() bus.Number {
	last := r.position.number
	return bus.Number{Before: last, This: max(last+1, time.Now().UnixMicro())}
}

// trimEvery bounds how much the bus holds besides what is still needed.
const trimEvery = 10 * time.Second

func (r *Relay) trim(ctx context.Context) error {
	if time.Since(r.trimmed) < trimEvery {
		return nil
	}
	r.trimmed = time.Now()
	return r.cfg.Bus.Trim(ctx, r.cfg.Source)
}

const selectPending = `
	select id, type, subject, version, time, actor_role, actor, traceparent, data from outbox
	where pending and id >= $2 order by id limit $1`

// recent is how far back the relay looks in every round, by the wall time at which events were made. The index lists those
// that were published since the last vacuum as well, and reading over all of them would cost more than publishing. What
// is older (written by a slow transaction, or put back) is found by a sweep over all, every second, or at once while
// there is more than a page of it.
const (
	recent     = 2 * time.Second
	sweepEvery = time.Second
)

func (r *Relay) pending(ctx context.Context) ([]event.Event, error) {
	now, from := time.Now(), ""
	sweeps := now.Sub(r.swept) >= sweepEvery
	if !sweeps {
		from = id.Floor(now.Add(-recent))
	}
	rows, err := r.cfg.DB.Query(ctx, selectPending, page, from)
	if err != nil {
		return nil, err
	}
	if sweeps && rows.Len() < page {
		r.swept = now
	}
	return sqldb.All(rows, func(rows *sqldb.Rows) (event.Event, error) {
		e := event.Event{Source: r.cfg.Source}
		var micros, role int64
		err := rows.Scan(&e.ID, &e.Type, &e.Subject, &e.Version, &micros, &role, &e.Actor.Subject, &e.Traceparent, &e.Data)
		e.Actor.Role = accessv1.Role(role)
		e.Time = time.UnixMicro(micros).UTC()
		return e, err
	})
}

// mark notes the events as published.
func (r *Relay) mark(ctx context.Context, number bus.Number, events []event.Event) error {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	list, args := sqldb.List(1, ids)
	stmts := []*sqldb.Stmt{sqldb.Q("update outbox set pending = false where id in "+list, args...)}
	position := r.position
	if r.cfg.Bus.Keeps() {
		position.number = number.This
		stmts = append(stmts, sqldb.Q(insertPublication, number.This, slices.Min(ids)), sqldb.Q(setState, position.String()))
	}
	if err := r.guarded(ctx, "relay.mark", stmts...); err != nil {
		return fmt.Errorf("mark published events: %w", err)
	}
	r.position = position
	failpoint.Hit("published", r.cfg.Source)
	return nil
}
