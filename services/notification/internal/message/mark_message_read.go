package message

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/change"
	"kept.dev/kit/resource"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// MarkMessageRead notes when the customer first read a message.
//
// Errors: NOT_FOUND for an unknown message, and for another's.
func (s *Service) MarkMessageRead(ctx context.Context, req *notificationv1.MarkMessageReadRequest) (*notificationv1.Message, error) {
	now := timestamppb.New(s.clock.Now())
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*notificationv1.Message, error) {
		m, err := messages.ChangeIn(ctx, tx, req, func(_ *sqldb.Tx, _, after *notificationv1.Message) error {
			if after.GetReadTime() == nil {
				after.ReadTime = now
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		answers, err := tx.Batch(details(resource.ID(m.GetName()))...)
		if err != nil {
			return nil, err
		}
		if err := add(answers, m); err != nil {
			return nil, err
		}
		s.link(ctx, m)
		return m, nil
	})
}
