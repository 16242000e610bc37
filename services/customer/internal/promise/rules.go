package promise

import (
	"time"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// leastLead is how long before its time a promise is at risk of whose kind nothing is known.
const leastLead = time.Second

// atRiskTime is from when on a promise is at risk: as its maker says, or else as the policy for its kind, if there is one,
// says.
func atRiskTime(made *promisev1.PromiseMade, policy *customerv1.PromisePolicy) time.Time {
	if made.GetWarningTime() != nil {
		return made.GetWarningTime().AsTime()
	}
	lead := leastLead
	if policy != nil {
		lead = policy.GetWarningDuration().AsDuration()
	}
	return made.GetDueTime().AsTime().Add(-lead)
}

// remedyOf is what is owed for a broken promise. Without a policy for its kind that is nothing, which is said all the same.
func remedyOf(broken *promisev1.PromiseBroken, owner string, policy *customerv1.PromisePolicy) *promisev1.RemedyRequired {
	return &promisev1.RemedyRequired{
		Promise: broken.GetPromise(), Customer: broken.GetCustomer(), Kind: broken.GetKind(), Service: owner,
		About: broken.GetAbout(), DueTime: broken.GetDueTime(), Fee: broken.GetFee(),
		GoodwillPoints: policy.GetGoodwillPoints(), OpenCase: policy.GetOpenCase(), Apologize: policy.GetApologize(),
		Owner: policy.GetOwner(),
	}
}
