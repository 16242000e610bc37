package imports

import (
	"bytes"
	"context"

	"github.com/google/uuid"

	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
	"kept.dev/services/order/internal/order"
)

// news is what the documents of a step come to.
type news struct {
	fresh   []taken // orders that were not there
	changed []taken // orders that are said otherwise now
	returns []taken // what was given back by itself, and was not there or is said otherwise
	known   map[string]order.Known
	before  map[string]returned // returns that were there, by id
}

// takeOrders writes the orders that are new, and changes those of which the file says something else than was known, and says so once
// for all of them. A dry run only counts.
func (s *Service) takeOrders(ctx context.Context, tx *sqldb.Tx, j job, b *batch, who []identified) (c count, err error) {
	if c.customers, err = newCustomers(tx, j, b.documents, who); err != nil {
		return c, err
	}
	all, err := number(tx, j, b, who)
	if err != nil || len(all) == 0 {
		return c, err
	}
	n, err := s.compare(tx, j, b, all)
	if err != nil {
		return c, err
	}
	summarize(j, b, all)
	if !j.GetValidateOnly() {
		if err := s.write(ctx, tx, j, b, &n); err != nil {
			return c, err
		}
	}
	for _, t := range n.fresh {
		c.orders, c.fresh = c.orders+1, c.fresh+int64(len(t.rows))
	}
	for _, t := range n.changed {
		c.changed, c.fresh = c.changed+1, c.fresh+int64(len(t.rows))
		j.noteChange(t)
	}
	for _, t := range n.returns {
		c.fresh += int64(len(t.rows))
		if _, there := n.before[t.id]; there {
			c.changed++
			j.noteChange(t)
		} else {
			c.orders++
		}
	}
	return c, nil
}

// compare tells what is new of the documents.
func (s *Service) compare(tx *sqldb.Tx, j job, b *batch, all []taken) (n news, err error) {
	var numbers, returns, plain []string
	for _, t := range all {
		switch {
		case t.isReturn:
			returns = append(returns, t.id)
		case t.number != "":
			numbers = append(numbers, t.number)
		case j.GetValidateOnly():
			plain = append(plain, t.id)
		}
	}
	if n.known, err = order.FindImported(tx, j.GetIssuer(), numbers); err != nil {
		return n, err
	}
	if n.before, err = findReturns(tx, returns); err != nil {
		return n, err
	}
	there, err := order.There(tx, plain)
	if err != nil {
		return n, err
	}
	for _, t := range all {
		n.sort(b, t, there[t.id])
	}
	return n, nil
}

const (
	errTouched = "its order %s has been changed here since it was imported, and stays as it is"
	errSettled = "the order that %s gives back has been changed here since it was imported, and stays as it is"
)

// sort puts a document where it belongs. What is known and said in the same way belongs nowhere.
func (n *news) sort(b *batch, t taken, there bool) {
	if t.isReturn {
		if before, known := n.before[t.id]; !known || before.digest != t.digest {
			n.returns = append(n.returns, t)
		}
		return
	}
	known, numbered := n.known[t.number]
	switch {
	case t.number == "" && !there, t.number != "" && !numbered:
		n.fresh = append(n.fresh, t)
	case t.number == "" || known.Digest == t.digest:
	case known.Touched:
		b.blame(t.document, sprintf(errTouched, t.number))
	default:
		n.changed = append(n.changed, t)
	}
}

// imported is the order that a document tells of.
func (t taken) imported(j job) order.Imported {
	o := order.Imported{
		ID: t.id, Number: t.number, Customer: t.customer, Currency: t.currency, Lines: t.lines, Goods: t.goods, Delivery: t.delivery,
		Tax: t.tax, AddedTax: t.addedTax, Discount: t.discount, Refunded: t.refunded, Placed: t.placed, Channel: j.GetChannel(),
		State: t.state, Reason: t.reason, Note: t.note, Digest: t.digest,
	}
	if t.number != "" {
		o.Issuer = j.GetIssuer()
	}
	return o
}

// write writes what is new, and tells of it.
func (s *Service) write(ctx context.Context, tx *sqldb.Tx, j job, b *batch, n *news) error {
	orders := make([]order.Imported, len(n.fresh))
	for i, t := range n.fresh {
		orders[i] = t.imported(j)
	}
	fresh, err := order.InsertImported(tx, j.GetName(), orders)
	if err != nil {
		return err
	}
	n.keep(fresh)
	fact := &orderv1.OrdersImported{SourceImport: j.GetName()}
	for _, o := range fresh {
		fact.Orders = append(fact.Orders, o.Fact())
	}
	changed, err := s.change(tx, j, n)
	if err != nil {
		return err
	}
	fact.Orders = append(fact.Orders, changed...)
	moved, err := s.writeReturns(tx, j, b, n)
	if err != nil {
		return err
	}
	fact.Orders = append(fact.Orders, moved...)
	bring(tx, j, b, n)
	if len(fact.GetOrders()) == 0 {
		return nil
	}
	return s.outbox.Append(ctx, tx, j.GetName(), b.offset, fact)
}

// keep leaves of the new orders those that really were: a plain one that was there before is unchanged.
func (n *news) keep(fresh []order.Imported) {
	isNew := make(map[string]bool, len(fresh))
	for _, o := range fresh {
		isNew[o.ID] = true
	}
	kept := n.fresh[:0]
	for _, t := range n.fresh {
		if isNew[t.id] {
			kept = append(kept, t)
		}
	}
	n.fresh = kept
}

// change makes orders what the file says of them now. What had been taken from them as given back is taken from them once more, at the
// end of the import.
func (s *Service) change(tx *sqldb.Tx, j job, n *news) ([]*orderv1.OrdersImported_Order, error) {
	if len(n.changed) == 0 {
		return nil, nil
	}
	var ids []string
	for _, t := range n.changed {
		known := n.known[t.number]
		if err := order.ChangeImported(tx, known, t.imported(j)); err != nil {
			return nil, err
		}
		tx.Exec(`update import_return set settled = false, order_id = '', import_id = $1 where order_id = $2 and id <> $2`,
			idOf(j.GetName()), known.ID)
		ids = append(ids, known.ID)
	}
	return order.ImportedFacts(tx, ids)
}

// bring notes what a step has brought, so that it can be taken back.
func bring(tx *sqldb.Tx, j job, b *batch, n *news) {
	var orders, returns []string
	for _, t := range n.fresh {
		orders = append(orders, t.id)
	}
	for _, t := range n.returns {
		if _, there := n.before[t.id]; !there {
			returns = append(returns, t.id)
		}
	}
	if len(orders)+len(returns) > 0 {
		tx.Exec(`insert into import_brought (import_id, start, orders, returns) values ($1, $2, $3, $4)`,
			idOf(j.GetName()), b.offset, packed(orders), packed(returns))
	}
}

// packed are ids, sixteen bytes each.
func packed(ids []string) []byte {
	var raw bytes.Buffer
	for _, id := range ids {
		u := uuid.MustParse(id) // made by us
		raw.Write(u[:])
	}
	return append([]byte{}, raw.Bytes()...)
}

func unpacked(raw []byte) (ids []string) {
	for ; len(raw) >= 16; raw = raw[16:] {
		ids = append(ids, uuid.UUID(raw[:16]).String())
	}
	return ids
}
