package imports

import (
	"strings"
	"unicode"

	gmoney "google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/money"
)

// currencySigns are usual ways to write currencies, besides their codes. A sign that several countries have is the best known one's.
var currencySigns = map[string]string{
	"€": "EUR", "euro": "EUR", "евро": "EUR", "євро": "EUR", "$": "USD", "us$": "USD", "долл": "USD", "дол": "USD", "£": "GBP", "₴": "UAH", "грн": "UAH",
	"₽": "RUB", "р": "RUB", "руб": "RUB", "рублей": "RUB", "zł": "PLN", "zl": "PLN", "kč": "CZK", "₸": "KZT", "тг": "KZT", "тенге": "KZT",
	"₺": "TRY", "tl": "TRY", "₪": "ILS", "¥": "JPY", "₩": "KRW", "₹": "INR", "₫": "VND", "лв": "BGN", "ft": "HUF", "fr": "CHF", "sfr": "CHF",
	"lei": "RON", "дин": "RSD", "kn": "HRK", "dm": "DEM", "₾": "GEL", "֏": "AMD", "₼": "AZN",
}

// currencyOf is the code of a currency by its code in any case, or a sign of it; empty for what is none.
func currencyOf(text string) string {
	code := strings.ToUpper(text)
	if _, err := money.Parse(&gmoney.Money{CurrencyCode: code}); err == nil {
		return code
	}
	return currencySigns[strings.TrimSuffix(strings.ToLower(text), ".")]
}

// fate is what became of an order, as its status says.
type fate int

const (
	sold fate = iota
	called
	givenBack
)

// fates are words of shop programs, in small letters, without what is no letter. What is not among them is a sale.
var fates = map[string]fate{
	"voided": called, "void": called, "cancelled": called, "canceled": called, "failed": called, "expired": called, "declined": called,
	"rejected": called, "abandoned": called, "trash": called, "draft": called, "checkoutdraft": called, "pendingpayment": called, "unpaid": called,
	"wccancelled": called, "wcfailed": called, "wcpending": called, "storniert": called, "abgebrochen": called, "fehlgeschlagen": called,
	"annulé": called, "annulée": called, "échouée": called, "cancelado": called, "anulado": called, "annullato": called, "anulowane": called,
	"zrušeno": called, "отменен": called, "отменён": called, "отменена": called, "отменено": called, "отмена": called, "аннулирован": called,
	"скасовано": called, "скасований": called, "відмінено": called, "анульовано": called, "неоплачен": called,
	"refunded": givenBack, "returned": givenBack, "wcrefunded": givenBack, "chargedback": givenBack, "erstattet": givenBack, "rückerstattet": givenBack,
	"zurückerstattet": givenBack, "retourniert": givenBack, "remboursé": givenBack, "remboursée": givenBack, "reembolsado": givenBack, "rimborsato": givenBack,
	"zwrócone": givenBack, "возврат": givenBack, "возвращен": givenBack, "возвращён": givenBack, "возвращено": givenBack, "повернено": givenBack,
	"повернення": givenBack,
}

func fateOf(status string) fate {
	return fates[strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, status)]
}
