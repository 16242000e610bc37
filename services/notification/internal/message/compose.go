package message

import (
	"context"
	"encoding/json"
	"fmt"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// tell writes the message in the transaction that takes the fact in. Where its words or its language are somebody else's to
// say, they are fetched first, and the message is written a moment later.
func (s *Service) tell(ctx context.Context, tx *sqldb.Tx, e event.Event, t *telling) error {
	if t.decides != "" {
		Decide(tx, t.decides, e.Time)
	}
	found, err := tx.Batch(sqldb.Q(`select id from message where id = $1`, e.ID), s.contacts.Select(t.customer))
	if err != nil || found[0].Len() > 0 { // told already, before the inbox forgot it
		return err
	}
	contacts, err := s.contacts.Read(found[1])
	if err != nil {
		return err
	}
	to, known := contacts[t.customer]
	if !known || t.entry != "" {
		return s.composeLater(ctx, tx, e)
	}
	return s.write(ctx, tx, e, t, to, nil)
}

func (s *Service) composeLater(ctx context.Context, tx *sqldb.Tx, e event.Event) error {
	payload, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	composition.Set(ctx, tx, e.ID, s.clock.Now(), payload)
	return nil
}

// compose fetches what a message needs, and writes it.
func (s *Service) compose(ctx context.Context, t timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
	var e event.Event
	if err := json.Unmarshal(t.Payload, &e); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	tale, err := s.understand(e)
	if err != nil {
		return nil, err
	}
	to, err := s.contacts.Find(ctx, tale.customer)
	if err != nil {
		return nil, err
	}
	extra, err := s.wordsOf(ctx, tale)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *sqldb.Tx) error {
		s.contacts.Keep(tx, to)
		return s.write(ctx, tx, e, tale, to, extra)
	}, nil
}

// wordsOf fetches the words that the fact itself has not.
func (s *Service) wordsOf(ctx context.Context, t *telling) (map[string]string, error) {
	if t.entry == "" {
		return nil, nil
	}
	client := supportv1.NewCaseServiceClient(s.peer("support"))
	entry, err := client.GetCaseEntry(ctx, &supportv1.GetCaseEntryRequest{Name: t.entry})
	if err != nil {
		return nil, fmt.Errorf("ask the support service for what was replied: %w", err)
	}
	return map[string]string{"entry.body": entry.GetBody()}, nil
}
