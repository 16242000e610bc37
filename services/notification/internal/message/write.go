package message

import (
	"cmp"
	"context"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/event"
	"kept.dev/kit/outbox"
	"kept.dev/kit/sqldb"
	"kept.dev/kit/timer"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/services/notification/internal/template"
)

// mailKey ends the key of a mail's timer, which begins with the message's id.
const mailKey = "_email"

// write puts the events into words and sends them: into the inboxes at once, and by mail as soon as this is written down.
func (s *Service) write(ctx context.Context, tx *sqldb.Tx, by wording, drafts []*draft) (err error) {
	if len(drafts) == 0 {
		return nil
	}
	for _, d := range drafts {
		d.words, err = s.templates.Render(by.latest, d.plan.template, template.Told{
			Fact: d.plan.fact, Extra: d.extra, Choices: d.plan.choices, LanguageCode: cmp.Or(d.to.LanguageCode, by.language),
		})
		if err != nil {
			return err
		}
	}
	if err := numberAll(tx, drafts); err != nil {
		return err
	}
	now := s.clock.Now()
	insertAll(tx, drafts, now)
	var timers []timer.Setting
	var records []outbox.Record
	for _, d := range drafts {
		if d.to.Email != "" {
			timers = append(timers, sending.At(event.Resume(ctx, d.traceparent), d.event.ID+mailKey, now, nil))
		}
		records = append(records, s.accepted(ctx, tx, d)...)
		tx.AfterCommit(func() { s.live.Say(topic(d.plan.customer)) })
	}
	timer.SetAll(tx, timers...)
	return s.outbox.AppendAll(ctx, tx, records)
}

// accepted says that there is a message, and which of its deliveries are over already.
func (s *Service) accepted(ctx context.Context, tx *sqldb.Tx, d *draft) []outbox.Record {
	name := collection + d.event.ID
	record := func(fact proto.Message) outbox.Record {
		return outbox.Record{Subject: name, Version: 1, Fact: fact, Traceparent: d.traceparent}
	}
	delivered := func(channel typepb.Channel, state notificationv1.Message_State) outbox.Record {
		s.count(ctx, tx, channel, state, 1)
		return record(&notificationv1.DeliveryCompleted{
			Message: name, Customer: d.plan.customer, About: d.plan.about, Channel: channel, Outcome: state,
		})
	}
	records := []outbox.Record{
		record(&notificationv1.MessageAccepted{
			Message: name, Customer: d.plan.customer, About: d.plan.about, Template: d.words.Template, EventType: d.event.Type,
		}),
		delivered(typepb.Channel_INBOX, notificationv1.Message_SENT),
	}
	if d.to.Email == "" {
		records = append(records, delivered(typepb.Channel_EMAIL, notificationv1.Message_SKIPPED))
	}
	return records
}

// topic is under what name streams listen for a customer's messages.
func topic(customer string) string { return customer + "/messages" }
