package imports

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/services/order/internal/order"
)

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// returned is what a file has said of goods that were given back.
type returned struct {
	order.ImportedReturn
	digest  int64
	settled bool
	orderID string // what it was taken from
}

const (
	returnColumns = `id, issuer, number, customer, channel, currency, amount, time, lines, digest, settled, order_id`
	selectReturns = `select ` + returnColumns + ` from import_return`
	// selectOpen finds those that are still to be taken from their orders, the first first.
	selectOpen = selectReturns + ` where import_id = $1 and settled = false order by time, id limit 100`
)

func scanReturn(r *sqldb.Rows) (t returned, err error) {
	var channel, at int64
	var lines []byte
	err = r.Scan(&t.ID, &t.Issuer, &t.Number, &t.Customer, &channel, &t.Currency, &t.Amount, &at, &lines, &t.digest, &t.settled, &t.orderID)
	if err != nil {
		return t, err
	}
	t.Channel, t.At = typepb.Channel(channel), time.UnixMicro(at)
	return t, json.Unmarshal(lines, &t.Lines)
}

func findReturns(tx *sqldb.Tx, ids []string) (map[string]returned, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, args := sqldb.List(1, ids)
	rows, err := tx.Query(selectReturns+` where id in `+list, args...)
	if err != nil {
		return nil, err
	}
	all, err := sqldb.All(rows, scanReturn)
	byID := map[string]returned{}
	for _, t := range all {
		byID[t.ID] = t
	}
	return byID, err
}

const insertReturns = `
	insert into import_return (id, import_id, issuer, number, customer, channel, currency, amount, time, line, lines, digest, settled) values`

// sameReturn has a later file say something else of a return. It is taken from its order anew.
const sameReturn = `
	on conflict (id) do update set import_id = excluded.import_id, customer = excluded.customer, channel = excluded.channel,
		currency = excluded.currency, amount = excluded.amount, time = excluded.time, lines = excluded.lines, digest = excluded.digest,
		settled = false, order_id = ''
	where import_return.digest <> excluded.digest`

// writeReturns notes what was given back. Which orders it is taken from is decided when all rows of the file are in: a return may
// stand before its order. It returns what orders are now from which a return has been taken off that is said otherwise.
func (s *Service) writeReturns(tx *sqldb.Tx, j job, b *batch, n *news) ([]*orderv1.OrdersImported_Order, error) {
	var rows [][]any
	var moved []string
	kept := n.returns[:0]
	for _, t := range n.returns {
		if before := n.before[t.id]; before.settled {
			off, err := order.KeepAfterAll(tx, before.orderID, before.ImportedReturn)
			if err != nil {
				return nil, err
			}
			if !off {
				b.blame(t.document, sprintf(errSettled, t.number))
				continue
			}
			moved = append(moved, before.orderID)
		}
		lines, err := json.Marshal(t.lines)
		if err != nil {
			return nil, err
		}
		kept = append(kept, t)
		rows = append(rows, []any{
			t.id, idOf(j.GetName()), j.GetIssuer(), t.number, t.customer, int64(j.GetChannel()), t.currency, t.goods, t.placed.UnixMicro(), t.line,
			lines, t.digest, false,
		})
	}
	n.returns = kept
	tx.ExecValues(insertReturns, rows, sameReturn)
	if len(moved) == 0 {
		return nil, nil
	}
	return order.ImportedFacts(tx, moved)
}

// goOn finds an import that is still running, and locks it.
const goOn = `update import_job set handled = handled where id = $1 and state = $2 returning id`

// takeReturns takes goods that were given back from the orders that they belong to, some at a time.
func (s *Service) takeReturns(_ context.Context, j job) (func(context.Context, *sqldb.Tx) error, error) {
	return func(ctx context.Context, tx *sqldb.Tx) error {
		results, err := tx.Batch(sqldb.Q(goOn, idOf(j.GetName()), int64(orderv1.Import_RUNNING)), sqldb.Q(selectOpen, idOf(j.GetName())))
		if err != nil || results[0].Len() == 0 {
			return err
		}
		open, err := sqldb.All(results[1], scanReturn)
		if err != nil {
			return err
		}
		ids := map[string]bool{}
		for _, r := range open {
			from, err := order.GiveBack(tx, j.GetName(), r.ImportedReturn)
			if err != nil {
				return err
			}
			ids[from] = true
			tx.Exec(`update import_return set settled = true, order_id = $2 where id = $1`, r.ID, from)
		}
		if err := s.tell(ctx, tx, j, ids); err != nil {
			return err
		}
		return s.finish(ctx, tx, j)
	}, nil
}

// tell says how orders are now.
func (s *Service) tell(ctx context.Context, tx *sqldb.Tx, j job, ids map[string]bool) error {
	var all []string
	for id := range ids {
		all = append(all, id)
	}
	if len(all) == 0 {
		return nil
	}
	facts, err := order.ImportedFacts(tx, all)
	if err != nil || len(facts) == 0 {
		return err
	}
	return s.outbox.Append(ctx, tx, j.GetName(), j.GetContentSize()+1, &orderv1.OrdersImported{SourceImport: j.GetName(), Orders: facts})
}
