package account

import (
	"context"
	"strings"

	"kept.dev/kit/event"
	"kept.dev/kit/id"
	"kept.dev/kit/sqldb"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// goodwillPoints are the points that are owed for a broken promise; 0 for none.
func goodwillPoints(owed *promisev1.RemedyRequired) (points int64) {
	for _, r := range owed.GetRemedies() {
		if r.GetType() == promisev1.Remedy_GOODWILL_POINTS {
			points += r.GetPoints()
		}
	}
	return points
}

// onRemedyRequired gives the points that are owed for a broken promise, once for each promise.
func (s *Service) onRemedyRequired(ctx context.Context, tx *sqldb.Tx, _ event.Event, owed *promisev1.RemedyRequired) error {
	now := s.clock.Now()
	gift := entry{
		id: id.New(), holder: holder{mainProgram, customerID(owed.GetCustomer())}, kind: loyaltyv1.Posting_GOODWILL,
		reference: "promise/" + strings.TrimPrefix(owed.GetPromise(), "promises/"), about: owed.GetAbout(),
		reason: "A promise was broken", points: goodwillPoints(owed), at: now,
	}
	open(tx, now, gift.holder)
	if gift.points <= 0 {
		return nil
	}
	given, err := tx.Query(`select id from entry where reference = $1 and program = $2`, gift.reference, gift.program)
	if err != nil || given.Len() > 0 {
		return err
	}
	_, err = s.post(ctx, tx, gift)
	return err
}
