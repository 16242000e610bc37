package cases

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

const selectAwaiting = selectCases + ` where id = $1 and state = 1 and agent_required = false and due > $2`

// whenInterim asks the order service for the order that a new case is about, and gives its facts as an interim reply. While
// the order service is away the timer tries again; meanwhile the case waits for a person as any other.
func (s *Service) whenInterim(ctx context.Context, t timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
	nothing := func(context.Context, *sqldb.Tx) error { return nil }
	rows, err := s.db.Query(ctx, selectAwaiting, t.Key, s.clock.Now().UnixMicro())
	if err != nil {
		return nil, err
	}
	r, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) { // a person has replied or has to, or it is too late
		return nothing, nil
	}
	if err != nil {
		return nil, err
	}
	order, theirs, err := s.orderOf(ctx, orderOf(r.GetAbout()), r.GetCustomer())
	if err != nil {
		return nil, err
	}
	if !theirs {
		return func(_ context.Context, tx *sqldb.Tx) error { return s.noteForeign(tx, r.GetName()) }, nil
	}
	facts := factsOf(order)
	return func(ctx context.Context, tx *sqldb.Tx) error { return s.giveInterim(ctx, tx, r.GetName(), facts) }, nil
}

// The customer may have asked again, and a person may have replied, while the order service was asked: then nothing
// automatic is said any more.
const makeInterim = `
	update cases set version = version + 1
	where id = $1 and state = 1 and agent_required = false and due > $2
	returning ` + columns

// giveInterim writes the interim reply. The case waits for a person as before.
func (s *Service) giveInterim(ctx context.Context, tx *sqldb.Tx, name string, facts *supportv1.OrderSnapshot) error {
	now := s.clock.Now()
	r, err := step(tx, name, sqldb.Q(makeInterim, idOf(name), now.UnixMicro()))
	if errors.Is(err, errNoSuchCase) {
		return nil
	}
	if err != nil {
		return err
	}
	entry := &supportv1.CaseEntry{
		Author: supportv1.CaseEntry_SYSTEM, Interim: true, Body: interimWords(facts, r.GetReplyDueTime()),
		OrderSnapshot: facts, CreateTime: timestamppb.New(now),
	}
	if err := addEntry(tx, r, entry); err != nil {
		return err
	}
	return s.say(ctx, tx, r, &supportv1.InterimReplyGiven{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Entry: entry.GetName(), OrderSnapshot: facts,
		ReplyDueTime: r.GetReplyDueTime(),
	})
}

const takeNote = `update cases set version = version + 1 where id = $1 and state <> 3 returning ` + columns

// noteForeign tells employees that the case was taken in unchecked, and that the order is not the customer's: nobody gets
// another's facts.
func (s *Service) noteForeign(tx *sqldb.Tx, name string) error {
	r, err := step(tx, name, sqldb.Q(takeNote, idOf(name)))
	if errors.Is(err, errNoSuchCase) {
		return nil
	}
	if err != nil {
		return err
	}
	words := fmt.Sprintf("%s is not an order of this customer, so there was no interim reply.", orderOf(r.GetAbout()))
	return addEntry(tx, r, note(words, s.clock.Now()))
}
