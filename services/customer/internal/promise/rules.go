package promise

import (
	"time"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
	"kept.dev/services/customer/internal/promisekind"
)

// leastLead is how long before its time a promise is at risk of whose kind nothing is known.
const leastLead = time.Second

// atRiskTime is from when on a promise is at risk: as its maker says, or else as its kind does, if that is known.
func atRiskTime(made *promisev1.PromiseMade, kind *customerv1.PromiseKind) time.Time {
	if made.GetWarningTime() != nil {
		return made.GetWarningTime().AsTime()
	}
	lead := leastLead
	if kind != nil {
		lead = kind.GetWarningDuration().AsDuration()
	}
	return made.GetDueTime().AsTime().Add(-lead)
}

// remedyOf is what is owed for a broken promise. Of an unknown kind that is nothing, which is said all the same.
func remedyOf(broken *promisev1.PromiseBroken, owner string, kind *customerv1.PromiseKind, class string) *promisev1.RemedyRequired {
	return &promisev1.RemedyRequired{
		Promise: broken.GetPromise(), Customer: broken.GetCustomer(), Kind: broken.GetKind(), Service: owner,
		About: broken.GetAbout(), DueTime: broken.GetDueTime(), Fee: broken.GetFee(),
		KindDisplayName: kind.GetDisplayName(), Remedies: promisekind.RemediesFor(kind, class), Owner: kind.GetOwner(),
	}
}
