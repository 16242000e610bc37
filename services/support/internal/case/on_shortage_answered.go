package cases

import (
	"context"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// onShortageAnswered has a person call a customer who did not say what to do about something that was missing, once for
// each shortage.
func (s *Service) onShortageAnswered(
	ctx context.Context, tx *sqldb.Tx, _ event.Event, answered *orderv1.ShortageAnswered,
) error {
	if !answered.GetDefaulted() {
		return nil
	}
	fresh, err := once(tx, answered.GetShortage())
	if err != nil || !fresh {
		return err
	}
	return s.callFor(ctx, tx, called(unanswered(answered), frontQueue, s.clock.Now()))
}
