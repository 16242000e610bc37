package cases

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	supportv1 "kept.dev/proto/gen/kept/support/v1"
	typepb "kept.dev/proto/gen/kept/type"
)

// replyKind is the kind of promise that a case makes.
const replyKind = "promiseKinds/reply"

func caseOpened(r *record) *supportv1.CaseOpened {
	return &supportv1.CaseOpened{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Kind: r.GetKind(), Channel: r.GetChannel(),
		Queue: r.GetQueue(), ReplyDueTime: r.GetReplyDueTime(),
	}
}

func caseContacted(r *record, by typepb.Channel) *supportv1.CaseContacted {
	return &supportv1.CaseContacted{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), ContactCount: r.GetContactCount(), Channel: by,
	}
}

func promiseMade(r *record) *promisev1.PromiseMade {
	due := r.GetReplyDueTime()
	return &promisev1.PromiseMade{
		Promise: r.GetPromise(), Customer: r.GetCustomer(), Kind: replyKind, Service: owner,
		About: r.GetName(), DueTime: due, WarningTime: timestamppb.New(atRiskTime(due.AsTime(), r.replyWithin)),
	}
}

func promiseBrokenEvent(r *record) *promisev1.PromiseBroken {
	return &promisev1.PromiseBroken{
		Promise: r.GetPromise(), Customer: r.GetCustomer(), About: r.GetName(), Kind: replyKind,
		DueTime: r.GetReplyDueTime(), Cause: promisev1.PromiseBreachCause_NOT_REPLIED,
	}
}

func promiseKeptEvent(r *record, at *timestamppb.Timestamp) *promisev1.PromiseKept {
	return &promisev1.PromiseKept{
		Promise: r.GetPromise(), Customer: r.GetCustomer(), About: r.GetName(), KeepTime: at,
		Kind: replyKind,
	}
}

func caseAssigned(r *record) *supportv1.CaseAssigned {
	return &supportv1.CaseAssigned{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Queue: r.GetQueue(), Agent: r.GetAgent(),
	}
}

func caseEscalated(r *record) *supportv1.CaseEscalated {
	return &supportv1.CaseEscalated{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Queue: r.GetQueue(), ReplyDueTime: r.GetReplyDueTime(),
	}
}

func caseReplied(r *record, entry *supportv1.CaseEntry) *supportv1.CaseReplied {
	return &supportv1.CaseReplied{
		Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout(), Entry: entry.GetName(),
	}
}

func caseClosed(r *record) *supportv1.CaseClosed {
	return &supportv1.CaseClosed{Case: r.GetName(), Customer: r.GetCustomer(), About: r.GetAbout()}
}
