package imports

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// An import that was paused or called off meanwhile stays where it is.
const claim = `
	update import_job set handled = $3, lines = $4 where id = $1 and state = 2 and handled = $2 returning id`

// take writes what the rows of a step say, and how far the import has come: all of it or nothing.
func (s *Service) take(ctx context.Context, tx *sqldb.Tx, j job, b batch, who []identified) error {
	id := idOf(j.GetName())
	claimed, err := tx.Query(claim, id, j.GetProcessedSize(), b.offset, b.lines)
	if err != nil || claimed.Len() == 0 {
		return err
	}
	c, err := s.takeDocuments(ctx, tx, j, &b, who)
	if err != nil {
		return err
	}
	c.count(b.rows)
	insertFaults(tx, id, j.GetFaultCount(), b.rows)
	if err := advance(tx, id, c, j.GetSummary()); err != nil {
		return err
	}
	if b.last {
		return s.finish(ctx, tx, j)
	}
	nextStep.Set(ctx, tx, id, s.clock.Now(), nil)
	return nil
}

// takeDocuments writes customers or orders, or counts them for a dry run.
func (s *Service) takeDocuments(ctx context.Context, tx *sqldb.Tx, j job, b *batch, who []identified) (c count, err error) {
	if j.GetRowType() == orderv1.Import_CUSTOMER {
		if c.customers, err = newCustomers(tx, j, b.documents, who); err == nil {
			c.fresh = c.customers
		}
		return c, err
	}
	return s.takeOrders(ctx, tx, j, b, who)
}

// newCustomers counts who was created. In a dry run nobody is, so that one who comes again is new each time: the first counts.
func newCustomers(tx *sqldb.Tx, j job, documents []*document, who []identified) (n int64, err error) {
	here := map[int64]int64{}
	for i, w := range who {
		if !w.created {
			continue
		}
		n++
		r := documents[i].customer
		here[keyFrom("customer", cmp.Or(r.GetExternalId(), r.GetEmail(), r.GetPhone(), r.GetFallbackId())).hash()] = 1
	}
	if !j.GetValidateOnly() || n == 0 {
		return n, nil
	}
	before, err := meet(tx, idOf(j.GetName()), here)
	n = 0
	for _, times := range before {
		if times == 0 {
			n++
		}
	}
	return n, err
}

// count is what a step comes to.
type count struct {
	rows, customers, orders, changed, unchanged, faults int64

	fresh int64 // rows that have brought or changed something
}

func (c *count) count(rows []row) {
	for _, r := range rows {
		c.rows++
		if r.fault != "" {
			c.faults++
		}
	}
	c.unchanged = c.rows - c.faults - c.fresh
}

func advance(tx *sqldb.Tx, id string, c count, summary *orderv1.Import_Summary) error {
	kept, err := proto.MarshalOptions{Deterministic: true}.Marshal(summary)
	tx.Exec(`
		update import_job set row_count = row_count + $2, customers = customers + $3, orders = orders + $4,
			unchanged = unchanged + $5, faults = faults + $6, changed = changed + $7, summary = $8
		where id = $1`, id, c.rows, c.customers, c.orders, c.unchanged, c.faults, c.changed, kept)
	return err
}

// finish ends an import all of whose rows have been handled, unless goods that were given back are still to be taken from their orders.
func (s *Service) finish(ctx context.Context, tx *sqldb.Tx, j job) error {
	id := idOf(j.GetName())
	open, err := tx.Query(selectOpen, id)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	if open.Len() > 0 {
		nextStep.Set(ctx, tx, id, now, nil)
		return nil
	}
	s.end(ctx, tx, id, now)
	return nil
}

// end closes an import all of whose rows have been handled.
func (s *Service) end(ctx context.Context, tx *sqldb.Tx, id string, now time.Time) {
	tx.Exec(`update import_job set state = 4, ended = $2 where id = $1`, id, now.UnixMicro())
	s.tidy(ctx, tx, id, now)
}

// keptFaults is how many faulty rows are told of in full.
const keptFaults = 10_000

func insertFaults(tx *sqldb.Tx, id string, before int64, rows []row) {
	var faults [][]any
	for _, r := range rows {
		if r.fault != "" && before+int64(len(faults)) < keptFaults {
			faults = append(faults, []any{id, r.line, r.fault})
		}
	}
	tx.ExecValues(`insert into import_fault (import_id, line, reason) values`, faults, "")
}
