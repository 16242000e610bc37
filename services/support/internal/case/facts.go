package cases

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"kept.dev/kit/sqldb"
	commonv1 "kept.dev/proto/gen/kept/common/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// say says what became true with the change that made this version of the case.
func (s *Service) say(ctx context.Context, tx *sqldb.Tx, r *record, facts ...proto.Message) error {
	if len(facts) == 0 {
		return nil
	}
	return s.outbox.Append(ctx, tx, r.GetName(), r.version, facts...)
}

func caseOpened(r *record) *supportv1.CaseOpened {
	return &supportv1.CaseOpened{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Kind: r.GetKind(), Channel: r.GetChannel(),
		Queue: r.GetQueue(), ReplyDueTime: r.GetReplyDueTime(),
	}
}

func caseContacted(r *record, by commonv1.Channel) *supportv1.CaseContacted {
	return &supportv1.CaseContacted{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), ContactCount: r.GetContactCount(), Channel: by,
	}
}

func promiseMade(r *record) *promisev1.PromiseMade {
	due := r.GetReplyDueTime()
	return &promisev1.PromiseMade{
		Promise: r.GetPromise(), Customer: r.GetCustomer(), Kind: promisev1.PromiseKind_REPLY, Service: owner,
		About: r.GetName(), DueTime: due, WarningTime: timestamppb.New(atRiskTime(due.AsTime(), r.within)),
	}
}

func brokenFact(r *record) *promisev1.PromiseBroken {
	return &promisev1.PromiseBroken{
		Promise: r.GetPromise(), Customer: r.GetCustomer(), About: r.GetName(), Kind: promisev1.PromiseKind_REPLY,
		DueTime: r.GetReplyDueTime(),
	}
}

func keptFact(r *record, at *timestamppb.Timestamp) *promisev1.PromiseKept {
	return &promisev1.PromiseKept{
		Promise: r.GetPromise(), Customer: r.GetCustomer(), About: r.GetName(), KeepTime: at,
		Kind: promisev1.PromiseKind_REPLY,
	}
}
