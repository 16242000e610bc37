package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"kept.dev/kit/event"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/telemetry"
)

// errWaiting says that a transaction failed before any handler was called: most likely another replica has the same events.
var errWaiting = errors.New("not yet noted in the inbox")

// take handles the items in one transaction.
func (b *Inbox) take(ctx context.Context, items []item) error {
	noted := false
	err := b.db.Update(ctx, "consume."+items[0].event.Type, func(tx *sqldb.Tx) error {
		noted = false
		if err := b.leave(tx, items); err != nil {
			return err
		}
		fresh, err := note(tx, items)
		if err != nil {
			return err
		}
		noted = true
		return b.run(ctx, tx, fresh)
	})
	if err != nil && !noted {
		return fmt.Errorf("%w: %w", errWaiting, err)
	}
	return err
}

const insertNoted = `insert into inbox (id, handler) values`

// note writes the items that this replica has handlers for into the inbox, and returns those that had not been there.
func note(tx *sqldb.Tx, items []item) (fresh []item, err error) {
	var keys [][]any
	for _, it := range items {
		if it.handler != nil {
			keys = append(keys, []any{it.key(), it.name})
		}
	}
	rows, err := tx.BatchValues(insertNoted, keys, `on conflict do nothing returning id, handler`)
	if err != nil {
		return nil, err
	}
	isNew := map[[2]string]bool{}
	for rows.Next() {
		var id, handler string
		if err := rows.Scan(&id, &handler); err != nil {
			return nil, err
		}
		isNew[[2]string{id, handler}] = true
	}
	for _, it := range items {
		if it.handler != nil && (isNew[[2]string{it.key(), it.name}] || failpoint.Off(failpoint.InboxCheck)) {
			fresh = append(fresh, it)
		}
	}
	return fresh, nil
}

// run calls each handler that has something to do once.
func (b *Inbox) run(ctx context.Context, tx *sqldb.Tx, items []item) error {
	for _, part := range byHandler(items) {
		if err := b.call(ctx, tx, part); err != nil {
			return err
		}
	}
	return nil
}

// byHandler divides items by their handlers, in the order in which the service names those: the same on all replicas, so that
// they lock rows in the same order.
func byHandler(items []item) (parts [][]item) {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(x, y item) int { return cmp.Or(x.place()-y.place(), strings.Compare(x.name, y.name)) })
	for len(sorted) > 0 {
		n := slices.IndexFunc(sorted, func(it item) bool { return it.name != sorted[0].name })
		if n < 0 {
			n = len(sorted)
		}
		parts, sorted = append(parts, sorted[:n:n]), sorted[n:]
	}
	return parts
}

// place is the handler's among the service's; those of others come first.
func (it item) place() int {
	if it.handler == nil {
		return -1
	}
	return it.handler.place
}

// call runs one handler, each event in a span of its own trace.
func (b *Inbox) call(ctx context.Context, tx *sqldb.Tx, items []item) (err error) {
	for i := range items {
		it := &items[i]
		if it.fault != nil {
			return it.fault
		}
		_, it.span = b.cfg.Tracer.Start(event.Resume(ctx, it.event.Traceparent), "consume "+it.event.Type,
			trace.WithSpanKind(trace.SpanKindConsumer))
		defer it.span.End()
	}
	if err = telemetry.CatchPanic(func() error { return items[0].handler.handle(ctx, tx, items) }); err != nil {
		for _, it := range items {
			it.span.RecordError(err)
		}
		return fmt.Errorf("%s: %w", items[0].name, err)
	}
	return nil
}
