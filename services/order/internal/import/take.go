package imports

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
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
	c := countOf(b.rows, who)
	if j.GetRowType() == orderv1.Import_ORDER {
		if c.orders, err = s.takeOrders(ctx, tx, j, b, who); err != nil {
			return err
		}
		c.unchanged = c.rows - c.faults - c.orders
	}
	insertFaults(tx, id, j.GetFaultCount(), b.rows)
	now := s.clock.Now()
	advance(tx, id, c)
	if b.last {
		s.end(ctx, tx, id, now)
		return nil
	}
	nextStep.Set(ctx, tx, id, now, nil)
	return nil
}

// count is what a step comes to.
type count struct{ rows, customers, orders, unchanged, faults int64 }

func countOf(rows []row, who []identified) (c count) {
	for i, r := range rows {
		c.rows++
		switch {
		case r.fault != "":
			c.faults++
		case who[i].created:
			c.customers++
		}
	}
	c.unchanged = c.rows - c.faults - c.customers
	return c
}

func advance(tx *sqldb.Tx, id string, c count) {
	tx.Exec(`
		update import_job set row_count = row_count + $2, customers = customers + $3, orders = orders + $4,
			unchanged = unchanged + $5, faults = faults + $6
		where id = $1`, id, c.rows, c.customers, c.orders, c.unchanged, c.faults)
}

// end closes an import all of whose rows have been handled.
func (s *Service) end(ctx context.Context, tx *sqldb.Tx, id string, now time.Time) {
	tx.Exec(`update import_job set state = 4, ended = $2 where id = $1`, id, now.UnixMicro())
	s.tidy(ctx, tx, id, now)
}

// takeOrders writes the orders that are new, and says so once for all of them. It returns how many they are.
func (s *Service) takeOrders(ctx context.Context, tx *sqldb.Tx, j job, b batch, who []identified) (int64, error) {
	orders, err := number(tx, j, b.rows, who)
	if err != nil || len(orders) == 0 {
		return 0, err
	}
	fresh, err := order.InsertImported(tx, j.GetName(), orders)
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	return int64(len(fresh)), s.outbox.Append(ctx, tx, j.GetName(), b.offset, imported(j.GetName(), fresh))
}

func imported(sourceImport string, orders []order.Imported) *orderv1.OrdersImported {
	fact := &orderv1.OrdersImported{SourceImport: sourceImport}
	for _, o := range orders {
		fact.Orders = append(fact.Orders, &orderv1.OrdersImported_Order{
			Order: o.Name(), Customer: o.Customer, PlaceTime: timestamppb.New(o.Placed), GoodsAmount: o.Amount.Proto(),
			UnitCount: o.Quantity, Channel: o.Channel,
			Lines: []*orderv1.OrderedLine{{Product: o.Product, Quantity: o.Quantity, Amount: o.Amount.Proto()}},
		})
	}
	return fact
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
