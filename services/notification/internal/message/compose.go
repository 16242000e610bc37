package message

import (
	"context"
	"encoding/json"
	"fmt"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	"kept.dev/services/notification/internal/contact"
	"kept.dev/services/notification/internal/template"
)

// draft is a message that is being made: the event that causes it, what it means, and what else the message needs.
type draft struct {
	event       event.Event
	plan        *messagePlan
	to          contact.Contact
	extra       map[string]string // words that the event has not
	traceparent string

	words template.Rendered
	// number is the message's place in its customer's inbox.
	number int64
}

// tell writes messages in the transaction that takes the events in. Where a message's words or its language are somebody else's to say,
// they are fetched first, and the message is written a moment later. However many they are, it takes two round trips.
func (s *Service) tell(ctx context.Context, tx *sqldb.Tx, drafts []*draft) error {
	if len(drafts) == 0 {
		return nil
	}
	decideAll(tx, drafts)
	ids, customers, templates := make([]string, len(drafts)), make([]string, len(drafts)), make([]string, len(drafts))
	for i, d := range drafts {
		ids[i], customers[i], templates[i] = d.event.ID, d.plan.customer, d.plan.template
	}
	list, args := sqldb.List(1, ids)
	found, err := tx.Batch(sqldb.Q(`select id from message where id in `+list, args...), s.contacts.Select(customers...),
		template.SelectLatest(templates...), s.company.Select())
	if err != nil {
		return err
	}
	told, err := setOf(found[0])
	if err != nil {
		return err
	}
	contacts, err := s.contacts.Read(found[1])
	if err != nil {
		return err
	}
	words, err := s.readWording(found[2], found[3])
	if err != nil {
		return err
	}
	var ready, later []*draft
	for _, d := range drafts {
		to, known := contacts[d.plan.customer]
		switch d.to = to; {
		case told[d.event.ID]: // before the inbox forgot it
		case known && d.plan.entry == "":
			ready = append(ready, d)
		default:
			later = append(later, d)
		}
	}
	if err := s.composeLater(ctx, tx, later); err != nil {
		return err
	}
	return s.write(ctx, tx, words, ready)
}

// wording is by what messages are put into words: the templates, and the language for customers of whom none is known.
type wording struct {
	latest   template.Versions
	language string
}

func (s *Service) readWording(templates, company *sqldb.Rows) (w wording, err error) {
	if w.latest, err = template.ReadLatest(templates); err != nil {
		return w, err
	}
	ours, err := s.company.Read(company)
	if languages := ours.GetLanguageCodes(); len(languages) > 0 {
		w.language = languages[0]
	}
	return w, err
}

func (s *Service) composeLater(ctx context.Context, tx *sqldb.Tx, drafts []*draft) error {
	timers := make([]timer.Setting, len(drafts))
	for i, d := range drafts {
		payload, err := json.Marshal(d.event)
		if err != nil {
			return fmt.Errorf("keep event: %w", err)
		}
		timers[i] = composition.At(event.Resume(ctx, d.traceparent), d.event.ID, s.clock.Now(), payload)
	}
	timer.SetAll(tx, timers...)
	return nil
}

// compose fetches what a message needs, and writes it.
func (s *Service) compose(ctx context.Context, t timer.Timer) (func(context.Context, *sqldb.Tx) error, error) {
	d := &draft{}
	if err := json.Unmarshal(t.Payload, &d.event); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	var err error
	if d.plan, err = s.planOf(d.event); err != nil {
		return nil, err
	}
	if d.to, err = s.contacts.Find(ctx, d.plan.customer); err != nil {
		return nil, err
	}
	if d.extra, err = s.fetchWords(ctx, d.plan); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *sqldb.Tx) error {
		s.contacts.Keep(tx, d.to)
		found, err := tx.Batch(template.SelectLatest(d.plan.template), s.company.Select())
		if err != nil {
			return err
		}
		words, err := s.readWording(found[0], found[1])
		if err != nil {
			return err
		}
		d.traceparent = event.Traceparent(ctx)
		return s.write(ctx, tx, words, []*draft{d})
	}, nil
}

// fetchWords fetches the words that the event itself has not.
func (s *Service) fetchWords(ctx context.Context, p *messagePlan) (map[string]string, error) {
	if p.entry == "" {
		return nil, nil
	}
	client := supportv1.NewCaseServiceClient(s.peer("support"))
	entry, err := client.GetCaseEntry(ctx, &supportv1.GetCaseEntryRequest{Name: p.entry})
	if err != nil {
		return nil, fmt.Errorf("ask the support service for what was replied: %w", err)
	}
	return map[string]string{"entry.body": entry.GetBody()}, nil
}
