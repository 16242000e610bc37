package message

import (
	"context"

	"kept.dev/kit/resource"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// messages are the messages as callers see them, without what belongs to them: customers their own.
var messages = resource.Of(messageRows, resource.Owner("customer"),
	resource.Sortable("create_time"), resource.Filterable("customer", "about", "event_type", "template"),
	resource.Order("create_time desc"))

// ListMessages lists messages by page: for a customer their inbox.
func (s *Service) ListMessages(
	ctx context.Context, req *notificationv1.ListMessagesRequest,
) (*notificationv1.ListMessagesResponse, error) {
	response, err := messages.List(ctx, s.db, req)
	if err != nil {
		return nil, err
	}
	return response, s.complete(ctx, response.GetMessages()...)
}
