package message

import (
	supportv1 "kept.dev/proto/gen/kept/support/v1"
)

// onCaseReplied brings the customer what a person has replied. The words stay with the support service until they are
// needed: what people write is in no event.
func onCaseReplied(replied *supportv1.CaseReplied) *telling {
	return &telling{
		customer: replied.GetCustomer(), about: replied.GetCase(), template: "case-replied", entry: replied.GetEntry(),
	}
}
