package template

var english = localeTexts{
	months: [12]string{
		"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December",
	},
	codes: map[string]map[string]string{
		"kept.order.v1.Shortage.Choice": {
			"WAIT":       "we will keep waiting for it on your behalf",
			"SUBSTITUTE": "we will send you the substitute",
			"CANCEL":     "we will call it off and return its price",
		},
		"kept.order.v1.Refund.Purpose": {
			"SPEED_FEE":    "what you had paid for a fast delivery that did not come in time",
			"CANCELLATION": "the price of the order that was cancelled",
			"SHORTAGE":     "the price of what was missing, or the difference to its cheaper substitute",
			"RETURN":       "the price of the goods that you sent back",
		},
		promiseKind: {
			"promiseKinds/delivery": "deliver your order",
			"promiseKinds/reply":    "reply to you",
			"promiseKinds/refund":   "return your money",
		},
		"kept.support.v1.OrderSnapshot.state": {
			"PLACED":    "accepted; its goods are set aside for you",
			"PICKED":    "packed",
			"SHIPPED":   "on its way to you",
			"DELIVERED": "delivered",
			"CANCELLED": "cancelled",
			"RETURNED":  "sent back to us",
		},
		"kept.support.v1.OrderSnapshot.promise_state": {
			"OPEN":     "it stands",
			"AT_RISK":  "it stands, but little time is left",
			"KEPT":     "kept",
			"BROKEN":   "broken, and we are sorry",
			"RELEASED": "called off",
		},
		"kept.support.v1.OrderSnapshot.next_step": {
			"PICK":    "we pack it",
			"SHIP":    "we hand it to the carrier",
			"DELIVER": "the carrier brings it to you",
			"REFUND":  "your money comes back",
			"NOTHING": "nothing more is to be done",
		},
	},
}
