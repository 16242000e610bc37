package shortage

import (
	"context"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

const lockOrder = `update orders set owed = owed where id = (select order_id from shortage where id = $1)`

const selectUnanswered = selectShortages + ` where id = $1 and state = 1`

// whenUnanswered decides for a customer who has not answered in time. A person is to call them: ShortageAnswered says that it
// was nobody's choice. The order is locked first, so that an answer of the last moment has either been given or comes too late.
func (s *Service) whenUnanswered(ctx context.Context, tx *sqldb.Tx, t timer.Timer) error {
	tx.Exec(lockOrder, t.Key)
	rows, err := tx.Query(selectUnanswered, t.Key)
	if err != nil || rows.Len() == 0 {
		return err
	}
	open, err := sqldb.One(rows, scan)
	if err != nil {
		return err
	}
	_, err = s.decide(ctx, tx, open.name(), decision{state: orderv1.Shortage_DEFAULTED, at: s.clock.Now()})
	return err
}
