package template

var ukrainian = localeTexts{
	months: [12]string{
		"січня", "лютого", "березня", "квітня", "травня", "червня",
		"липня", "серпня", "вересня", "жовтня", "листопада", "грудня",
	},
	year: " р.",
	codes: map[string]map[string]string{
		"kept.order.v1.Shortage.Choice": {
			"WAIT":       "ми й далі чекатимемо на цей товар для вас",
			"SUBSTITUTE": "ми надішлемо вам заміну",
			"CANCEL":     "ми скасуємо цю позицію й повернемо її вартість",
		},
		"kept.order.v1.Refund.Purpose": {
			"SPEED_FEE":    "плата за швидку доставку, яка не встигла вчасно",
			"CANCELLATION": "вартість скасованого замовлення",
			"SHORTAGE":     "вартість того, чого не вистачило, або різниця з дешевшою заміною",
			"RETURN":       "вартість товарів, які ви повернули",
		},
		promiseKind: {
			"promiseKinds/delivery": "доставити ваше замовлення",
			"promiseKinds/reply":    "відповісти вам",
			"promiseKinds/refund":   "повернути вам гроші",
		},
		"kept.support.v1.OrderSnapshot.state": {
			"PLACED":    "прийнято, товари відкладено для вас",
			"PICKED":    "зібрано",
			"SHIPPED":   "у дорозі до вас",
			"DELIVERED": "доставлено",
			"CANCELLED": "скасовано",
			"RETURNED":  "повернуто нам",
		},
		"kept.support.v1.OrderSnapshot.promise_state": {
			"OPEN":     "чинна",
			"AT_RISK":  "чинна, але часу лишилося мало",
			"KEPT":     "дотримана",
			"BROKEN":   "порушена, і нам дуже прикро",
			"RELEASED": "знята",
		},
		"kept.support.v1.OrderSnapshot.next_step": {
			"PICK":    "ми зберемо замовлення",
			"SHIP":    "ми передамо замовлення в доставку",
			"DELIVER": "служба доставки привезе його вам",
			"REFUND":  "гроші повернуться до вас",
			"NOTHING": "більше нічого робити не потрібно",
		},
	},
}
