package message

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/clock"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	typepb "kept.dev/proto/gen/kept/type"
	"kept.dev/services/notification/internal/link"
)

// details are the queries for all that belongs to the messages. add takes their answers.
func details(ids ...string) []*sqldb.Stmt {
	list, args := sqldb.List(1, ids)
	return []*sqldb.Stmt{
		sqldb.Q(`select message_id, channel, state, sent from delivery
			where message_id in `+list+` order by message_id, channel`, args...),
		sqldb.Q(`select message_id, channel, started, ended, outcome, response from attempt
			where message_id in `+list+` order by message_id, channel, number`, args...),
		sqldb.Q(`select message_id, choice, label from action
			where message_id in `+list+` order by message_id, number`, args...),
	}
}

func add(answers []*sqldb.Rows, messages ...*notificationv1.Message) error {
	byID := make(map[string]*notificationv1.Message, len(messages))
	for _, m := range messages {
		byID[resource.ID(m.GetName())] = m
	}
	return errors.Join(addDeliveries(byID, answers[0]), addAttempts(byID, answers[1]), addOptions(byID, answers[2]))
}

func addDeliveries(byID map[string]*notificationv1.Message, rows *sqldb.Rows) error {
	for rows.Next() {
		var id string
		var channel, state int64
		var sent *int64
		if err := rows.Scan(&id, &channel, &state, &sent); err != nil {
			return err
		}
		byID[id].Deliveries = append(byID[id].Deliveries, &notificationv1.Message_Delivery{
			Channel: typepb.Channel(channel), State: notificationv1.Message_State(state), SendTime: clock.Stamp(sent),
		})
	}
	return nil
}

func addAttempts(byID map[string]*notificationv1.Message, rows *sqldb.Rows) error {
	for rows.Next() {
		var id string
		var channel, started, outcome int64
		var ended *int64
		a := &notificationv1.Message_Attempt{}
		if err := rows.Scan(&id, &channel, &started, &ended, &outcome, &a.Response); err != nil {
			return err
		}
		a.StartTime, a.EndTime, a.Outcome = clock.Stamp(&started), clock.Stamp(ended), notificationv1.Message_State(outcome)
		d := deliveryOf(byID[id], typepb.Channel(channel))
		d.Attempts = append(d.Attempts, a)
	}
	return nil
}

func addOptions(byID map[string]*notificationv1.Message, rows *sqldb.Rows) error {
	for rows.Next() {
		var id string
		o := &notificationv1.Message_Option{}
		if err := rows.Scan(&id, &o.Choice, &o.Label); err != nil {
			return err
		}
		byID[id].Options = append(byID[id].Options, o)
	}
	return nil
}

func deliveryOf(m *notificationv1.Message, channel typepb.Channel) *notificationv1.Message_Delivery {
	for _, d := range m.GetDeliveries() {
		if d.GetChannel() == channel {
			return d
		}
	}
	return nil
}

// complete reads what belongs to the messages, and puts in the links by which to act where the caller is the addressee.
func (s *Service) complete(ctx context.Context, messages ...*notificationv1.Message) error {
	if len(messages) == 0 {
		return nil
	}
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = resource.ID(m.GetName())
	}
	answers, err := s.db.Batch(ctx, details(ids...)...)
	if err != nil {
		return err
	}
	if err := add(answers, messages...); err != nil {
		return err
	}
	s.link(ctx, messages...)
	return nil
}

// link puts in the links of those messages that are the caller's own. Nobody else sees them, whatever they may see.
func (s *Service) link(ctx context.Context, messages ...*notificationv1.Message) {
	caller := access.Caller(ctx)
	for _, m := range messages {
		if caller.Role != accessv1.Role_ROLE_CUSTOMER || caller.Subject != m.GetCustomer() {
			continue
		}
		for _, o := range m.GetOptions() {
			o.Action = s.action(m, o)
		}
	}
}

// action is the link by which the addressee takes an option.
func (s *Service) action(m *notificationv1.Message, o *notificationv1.Message_Option) string {
	return link.Grant{
		Message: resource.ID(m.GetName()), Choice: o.GetChoice(), Customer: m.GetCustomer(), Expires: m.GetExpireTime().AsTime(),
	}.Name(s.signer)
}
