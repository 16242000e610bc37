package message

import (
	promisev1 "kept.dev/proto/gen/kept/promise/v1"
)

// onRemedyOwed apologizes for a broken promise, where the shop does that, and says what the customer gets for it.
func onRemedyOwed(owed *promisev1.RemedyOwed) *telling {
	if !owed.GetApologize() {
		return nil
	}
	return &telling{customer: owed.GetCustomer(), about: owed.GetSubject(), template: "promise-broken"}
}
