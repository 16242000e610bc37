package message

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

const selectOne = selectMessages + ` where id = $1 and ($2 = '' or customer = $2)`

// GetMessage returns one message, exactly as it was told, with all tries to deliver it.
//
// Errors: NOT_FOUND for an unknown message, and for a customer who asks about another's.
func (s *Service) GetMessage(ctx context.Context, req *notificationv1.GetMessageRequest) (*notificationv1.Message, error) {
	return s.get(ctx, req.GetName(), access.ScopeOf(ctx).Customer)
}

func (s *Service) get(ctx context.Context, name, customer string) (*notificationv1.Message, error) {
	id := idOf(name)
	answers, err := s.db.Batch(ctx, append(details(id), sqldb.Q(selectOne, id, customer))...)
	if err != nil {
		return nil, err
	}
	last := len(answers) - 1
	m, err := sqldb.One(answers[last], scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(name)
	}
	if err != nil {
		return nil, err
	}
	if err := add([]row{m}, answers[:last]); err != nil {
		return nil, err
	}
	s.link(ctx, m)
	return m.Message, nil
}
