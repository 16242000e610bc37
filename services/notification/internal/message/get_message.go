package message

import (
	"context"

	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// GetMessage returns one message, exactly as it was told, with all tries to deliver it.
//
// Errors: NOT_FOUND for an unknown message, and for a customer who asks about another's.
func (s *Service) GetMessage(ctx context.Context, req *notificationv1.GetMessageRequest) (*notificationv1.Message, error) {
	m, err := messages.Get(ctx, s.db, req)
	if err != nil {
		return nil, err
	}
	return m, s.complete(ctx, m)
}
