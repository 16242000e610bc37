package cases

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/errs"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

var selectAwaiting = selectCases + ` where id = $1 and state = 1 and agent_required = false and reply_due > $2`

// giveInterimReply asks the order service for the order that a new case is about, and gives its facts as an interim reply. While
// the order service is away the timer tries again; meanwhile the case waits for a person as any other.
func (s *Service) giveInterimReply(ctx context.Context, t timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
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
		return func(ctx context.Context, tx *sqldb.Tx) error { return s.noteForeign(ctx, tx, r.GetName()) }, nil
	}
	snapshot := snapshotOf(order)
	return func(ctx context.Context, tx *sqldb.Tx) error { return s.giveInterim(ctx, tx, r.GetName(), snapshot) }, nil
}

// The customer may have asked again, and a person may have replied, while the order service was asked: then nothing
// automatic is said any more.
var makeInterim = `
	update cases set version = version + 1
	where id = $1 and state = 1 and agent_required = false and reply_due > $2
	returning ` + columns

// giveInterim writes the interim reply. The case waits for a person as before.
func (s *Service) giveInterim(ctx context.Context, tx *sqldb.Tx, name string, snapshot *supportv1.OrderSnapshot) error {
	now := s.clock.Now()
	r, err := updateCase(tx, name, sqldb.Q(makeInterim, resource.ID(name), now.UnixMicro()))
	if errs.KindOf(err) == errs.KindNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	entry := &supportv1.CaseEntry{
		Author: supportv1.CaseEntry_SYSTEM, Interim: true, Body: interimText(snapshot, r.GetReplyDueTime()),
		OrderSnapshot: snapshot, CreateTime: timestamppb.New(now),
	}
	nameEntry(r, entry)
	return s.write(ctx, tx, caseChange{record: r, entry: entry, events: []proto.Message{&supportv1.InterimReplyGiven{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Entry: entry.GetName(), OrderSnapshot: snapshot,
		ReplyDueTime: r.GetReplyDueTime(),
	}}})
}

var takeNote = `update cases set version = version + 1 where id = $1 and state <> 3 returning ` + columns

// noteForeign tells employees that the case was taken in unchecked, and that the order is not the customer's: nobody gets
// another's facts.
func (s *Service) noteForeign(ctx context.Context, tx *sqldb.Tx, name string) error {
	r, err := updateCase(tx, name, sqldb.Q(takeNote, resource.ID(name)))
	if errs.KindOf(err) == errs.KindNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s is not an order of this customer, so there was no interim reply.", orderOf(r.GetAbout()))
	return s.write(ctx, tx, caseChange{record: r, entry: noteEntry(text, s.clock.Now())})
}
