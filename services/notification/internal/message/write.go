package message

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"kept.dev/kit/event"
	"kept.dev/kit/sqldb"
	commonv1 "kept.dev/proto/gen/kept/common/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	"kept.dev/services/notification/internal/contact"
	"kept.dev/services/notification/internal/template"
)

// mailKey ends the key of a mail's timer, which begins with the message's id.
const mailKey = "_email"

// write puts the fact into words and sends them: into the inbox at once, and by mail as soon as this is written down.
func (s *Service) write(
	ctx context.Context, tx *sqldb.Tx, e event.Event, t *telling, to contact.Contact, extra map[string]string,
) error {
	words, err := s.templates.Render(tx, t.template, template.Told{
		Fact: t.fact, Extra: extra, Choices: t.choices, LanguageCode: to.LanguageCode,
	})
	if err != nil {
		return err
	}
	now := s.clock.Now()
	insert(tx, e, t, words, now)
	mail := notificationv1.Message_PENDING
	if to.Email == "" {
		mail = notificationv1.Message_SKIPPED
	} else {
		sending.Set(ctx, tx, e.ID+mailKey, now, nil)
	}
	tx.Exec(insertDeliveries, e.ID, mailChannel, int64(mail), int64(commonv1.Channel_INBOX), int64(notificationv1.Message_SENT), micros(now))
	tx.AfterCommit(func() { s.live.Say(topic(t.customer)) })
	return s.sayAccepted(ctx, tx, e.ID, t, words.Template, mail)
}

// sayAccepted says that there is a message, and which of its deliveries are over already.
func (s *Service) sayAccepted(
	ctx context.Context, tx *sqldb.Tx, id string, t *telling, templateName string, mail notificationv1.Message_State,
) error {
	delivered := func(channel commonv1.Channel, state notificationv1.Message_State) proto.Message {
		s.count(ctx, tx, channel, state, 1)
		return &notificationv1.DeliveryCompleted{
			Message: collection + id, Customer: t.customer, About: t.about, Channel: channel, Outcome: state,
		}
	}
	facts := []proto.Message{
		&notificationv1.MessageAccepted{
			Message: collection + id, Customer: t.customer, About: t.about, Template: templateName,
			EventType: string(t.fact.ProtoReflect().Descriptor().FullName()),
		},
		delivered(commonv1.Channel_INBOX, notificationv1.Message_SENT),
	}
	if mail == notificationv1.Message_SKIPPED {
		facts = append(facts, delivered(commonv1.Channel_EMAIL, mail))
	}
	return s.outbox.Append(ctx, tx, collection+id, 1, facts...)
}

// topic is under what name streams listen for a customer's messages.
func topic(customer string) string { return customer + "/messages" }

func micros(t time.Time) int64 { return t.UnixMicro() }
