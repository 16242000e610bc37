package message

import (
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// onRemedyRequired apologizes for a broken promise, where the shop does that, and says what the customer gets for it.
func onRemedyRequired(owed *promisev1.RemedyRequired) *telling {
	if !owed.GetApologize() {
		return nil
	}
	return &telling{customer: owed.GetCustomer(), about: owed.GetAbout(), template: "promise-broken"}
}
