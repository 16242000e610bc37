package promise

import (
	"context"
	"errors"
	"time"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// whenAtRisk warns that a promise has not been kept and little time is left, and watches for its end.
func (s *Service) whenAtRisk(ctx context.Context, tx *sqldb.Tx, t timer.Timer) error {
	p, open, err := moveOn(tx, t.Key, customerv1.Promise_AT_RISK)
	if err != nil || !open {
		return err
	}
	due.Set(ctx, tx, t.Key, p.GetDueTime().AsTime(), nil)
	return s.outbox.Append(ctx, tx, p.GetName(), versionAtRisk, &promisev1.PromiseAtRisk{
		Promise: p.GetName(), Customer: p.GetCustomer(), About: p.GetAbout(), Service: p.GetService(), DueTime: p.GetDueTime(),
	})
}

// whenDue asks the owner whether the promise was kept, and gives it an hour to answer.
func (s *Service) whenDue(ctx context.Context, tx *sqldb.Tx, t timer.Timer) error {
	p, open, err := moveOn(tx, t.Key, customerv1.Promise_DUE)
	if err != nil || !open {
		return err
	}
	if p.GetService() == owner {
		return s.breakOwn(ctx, tx, p)
	}
	unanswered.Set(ctx, tx, t.Key, t.Due.Add(answerWithin), nil)
	return s.outbox.Append(ctx, tx, p.GetName(), versionDue, &promisev1.PromiseDue{
		Promise: p.GetName(), Customer: p.GetCustomer(), About: p.GetAbout(), Service: p.GetService(), DueTime: p.GetDueTime(),
	})
}

// answerWithin is how long an owner may think about whether it kept its promise.
const answerWithin = time.Hour

// A promise passes through these versions, if it passes at all, in this order. Those that only a promise of the book's own has
// from the book are said by its service otherwise.
const (
	versionMade     = 1 // the book's own
	versionAtRisk   = 2
	versionDue      = 3
	versionBroken   = 4 // the book's own
	versionRemedy   = 5
	versionKept     = 6 // the book's own
	versionReleased = 7 // the book's own
)

// whenUnanswered reports an owner that did not answer: the promise stays due, for everybody to see.
func (s *Service) whenUnanswered(ctx context.Context, tx *sqldb.Tx, t timer.Timer) error {
	rows, err := tx.Query(`update promise set unanswered = $2 where id = $1 and resolved is null returning kind`,
		t.Key, s.clock.Now().UnixMicro())
	if err != nil || !rows.Next() {
		return err
	}
	var kind string
	if err := rows.Scan(&kind); err != nil {
		return err
	}
	s.count(ctx, tx, kind, "UNANSWERED")
	return nil
}

// moveOn moves an open promise to a later state and returns it. A promise that has its answer stays as it is.
func moveOn(tx *sqldb.Tx, id string, to customerv1.Promise_State) (p *customerv1.Promise, open bool, err error) {
	rows, err := tx.Query(`update promise set state = $2 where id = $1 and resolved is null and state < $2 returning `+promiseRows.ColumnList(), id, int64(to))
	if err != nil {
		return nil, false, err
	}
	p, err = sqldb.One(rows, promiseRows.Scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, false, nil
	}
	return p, err == nil, err
}
