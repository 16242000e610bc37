package sqldb

import (
	"context"
	"errors"
	"slices"

	"kept.dev/kit/failpoint"
)

// errApart tells a caller that its closure can't share a transaction, and that nothing of it is in the database.
var errApart = errors.New("the closure needs a transaction of its own")

// share lets the closure share a transaction. Sharing is optimistic: at a failure the transaction is rolled back, and whose
// fault it was goes on in a transaction of its own, while the others go again.
func (p *postgres) share(ctx context.Context, work string, fn func(*Tx) error) error {
	err := p.shared.do(newCall(ctx, work, fn))
	if errors.Is(err, errApart) {
		return p.update(ctx, foreground, work, fn)
	}
	return err
}

// regroupings is how often a group is tried before everybody goes alone.
const regroupings = 2

// group runs the calls in one transaction, and sends those away who can't share it. One that comes alone has its turn here, too:
// beside the groups it would only wait for the same rows, and keep others from joining.
func (p *postgres) group(calls []*call) {
	var broken error
	for try := range regroupings {
		calls = living(calls)
		if len(calls) == 0 || len(calls) == 1 && try > 0 {
			break
		}
		g, err := p.attemptGroup(calls)
		if err == nil {
			p.cfg.OnGroup(len(calls))
			return
		}
		if errors.Is(err, errUnknownOutcome) {
			answer(calls, classify(err))
			return
		}
		broken = nil
		if g.culprit < 0 && connectionLost(err) {
			broken = classify(err)
		}
		if g.culprit >= 0 {
			calls[g.culprit].result <- errApart
			calls = slices.Delete(calls, g.culprit, g.culprit+1)
		}
	}
	if broken == nil || len(calls) == 1 { // alone it may find out by itself that only an idle connection had died
		broken = errApart
	}
	answer(calls, broken)
}

// attemptGroup runs the calls in one transaction. On success everyone has their answer; on failure nobody has, nothing
// is in the database (unless the outcome is unknown), and the group knows whose fault it was.
func (p *postgres) attemptGroup(calls []*call) (*group, error) {
	ctx, cancel := context.WithTimeout(context.Background(), p.cfg.Transaction)
	defer cancel()
	g := newGroup(calls)
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return g, err
	}
	defer release(conn)
	if err = g.run(ctx, conn.Conn()); err == nil {
		for i, c := range calls {
			failpoint.Hit("commit.after", c.work)
			c.result <- g.members[i].refused
		}
		return g, nil
	}
	if g.begun {
		rollback(conn.Conn())
	}
	if g.culprit < 0 {
		p.renew(err)
	}
	return g, err
}
