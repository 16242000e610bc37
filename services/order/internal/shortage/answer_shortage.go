package shortage

import (
	"context"

	"kept.dev/kit/access"
	"kept.dev/kit/change"
	"kept.dev/kit/sqldb"
	accessv1 "kept.dev/proto/gen/kept/access/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// AnswerShortage carries out what the customer chose: waiting, a substitute, or calling off what is missing.
//
// Errors: NOT_FOUND for an unknown shortage or another's; INVALID_ARGUMENT for a choice that is not offered, or a date that has
// passed; FAILED_PRECONDITION (SHORTAGE_ANSWERED) when it is decided already.
func (s *Service) AnswerShortage(ctx context.Context, req *orderv1.AnswerShortageRequest) (*orderv1.Shortage, error) {
	by := answeredBy(access.Caller(ctx), req.GetAnsweredBy())
	d := decision{
		state: orderv1.Shortage_ANSWERED, choice: req.GetChoice(), answeredBy: by,
		customer: access.ScopeOf(ctx).Customer, at: s.clock.Now(),
	}
	return change.Do(ctx, s.db, req, func(tx *sqldb.Tx) (*orderv1.Shortage, error) {
		return s.decide(access.With(ctx, by), tx, req.GetName(), d)
	})
}

// answeredBy is who answers: the caller, unless it is a service that passes somebody's answer on.
func answeredBy(caller access.Principal, named string) access.Principal {
	if caller.Role == accessv1.Role_ROLE_SERVICE && named != "" {
		return access.Principal{Role: accessv1.Role_ROLE_CUSTOMER, Subject: named}
	}
	return caller
}
