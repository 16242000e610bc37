package template

var russian = localeTexts{
	months: [12]string{
		"января", "февраля", "марта", "апреля", "мая", "июня",
		"июля", "августа", "сентября", "октября", "ноября", "декабря",
	},
	year: " г.",
	codes: map[string]map[string]string{
		"kept.order.v1.Shortage.Choice": {
			"WAIT":       "мы продолжим ждать этот товар для вас",
			"SUBSTITUTE": "мы отправим вам замену",
			"CANCEL":     "мы отменим эту позицию и вернём её стоимость",
		},
		"kept.order.v1.Refund.Purpose": {
			"SPEED_FEE":    "плата за срочную доставку, которая не успела в срок",
			"CANCELLATION": "стоимость отменённого заказа",
			"SHORTAGE":     "стоимость того, чего не хватило, или разница с более дешёвой заменой",
			"RETURN":       "стоимость товаров, которые вы вернули",
		},
		promiseKind: {
			"promiseKinds/delivery": "доставить ваш заказ",
			"promiseKinds/reply":    "ответить вам",
			"promiseKinds/refund":   "вернуть вам деньги",
		},
		"kept.support.v1.OrderSnapshot.state": {
			"PLACED":    "принят, товары отложены для вас",
			"PICKED":    "собран",
			"SHIPPED":   "в пути к вам",
			"DELIVERED": "доставлен",
			"CANCELLED": "отменён",
			"RETURNED":  "возвращён нам",
		},
		"kept.support.v1.OrderSnapshot.promise_state": {
			"OPEN":     "в силе",
			"AT_RISK":  "в силе, но времени осталось мало",
			"KEPT":     "сдержано",
			"BROKEN":   "нарушено, и нам очень жаль",
			"RELEASED": "снято",
		},
		"kept.support.v1.OrderSnapshot.next_step": {
			"PICK":    "мы соберём заказ",
			"SHIP":    "мы передадим заказ в доставку",
			"DELIVER": "служба доставки привезёт его вам",
			"REFUND":  "деньги вернутся к вам",
			"NOTHING": "больше ничего делать не нужно",
		},
	},
}
