package cases

import (
	"context"

	"kept.dev/kit/sqldb"
)

// callFor calls a person: by a case of its own, or by a note in the one that the customer has open about the matter.
func (s *Service) callFor(ctx context.Context, tx *sqldb.Tx, wanted *record) error {
	r, err := open(tx, wanted)
	if err != nil {
		return err
	}
	if r.GetName() != wanted.GetName() {
		return s.noted(ctx, tx, r, wanted)
	}
	return s.opened(ctx, tx, r, note(r.GetDescription(), r.GetCreateTime().AsTime()))
}

// noted writes down in a case why a person has to look at it. Where one had replied, another reply is promised.
func (s *Service) noted(ctx context.Context, tx *sqldb.Tx, r, wanted *record) error {
	if err := addEntry(tx, r, note(wanted.GetDescription(), wanted.GetCreateTime().AsTime())); err != nil {
		return err
	}
	if r.GetPromise() != wanted.GetPromise() {
		return nil
	}
	return s.say(ctx, tx, r, promiseMade(r))
}
