package action

import (
	"context"
	"errors"

	"kept.dev/kit/access"
	"kept.dev/kit/errs"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
	"kept.dev/services/notification/internal/link"
)

// GetAction shows what an action would do, or has done. Looking changes nothing: mail programs look at all links.
//
// Errors: NOT_FOUND for a link that was not signed here, and for a customer who is not its addressee.
func (s *Service) GetAction(ctx context.Context, req *notificationv1.GetActionRequest) (*notificationv1.Action, error) {
	a, err := s.find(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	return a.proto(req.GetName(), s.clock.Now()), nil
}

// find reads the action of a link. Whatever is wrong with a link, the answer is the same.
func (s *Service) find(ctx context.Context, name string) (*action, error) {
	message, choice, signature, ok := link.Parse(name)
	if !ok {
		return nil, errs.NotFound(name)
	}
	rows, err := s.db.Query(ctx, selectAction, message, choice)
	if err != nil {
		return nil, err
	}
	a, err := sqldb.One(rows, scan)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, errs.NotFound(name)
	}
	if err != nil {
		return nil, err
	}
	caller := access.Caller(ctx)
	anothers := caller.Role == accessv1.Role_ROLE_CUSTOMER && caller.Subject != a.customer
	if !a.grant().Signed(s.signer, signature) || anothers {
		return nil, errs.NotFound(name)
	}
	return a, nil
}
