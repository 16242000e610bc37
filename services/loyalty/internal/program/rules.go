package program

import (
	"google.golang.org/genproto/googleapis/type/money"

	"kept.dev/kit/errs"
	amount "kept.dev/kit/money"
	loyaltyv1 "kept.dev/proto/gen/kept/loyalty/v1"
)

// knownCurrency refuses three letters that are no currency: nothing would ever be earned.
func knownCurrency(p *loyaltyv1.Program) error {
	if p.GetCurrencyCode() == "" {
		return nil
	}
	if _, err := amount.ParseCurrent(&money.Money{CurrencyCode: p.GetCurrencyCode()}); err != nil {
		return errs.Invalid("program.currency_code", "%v", err)
	}
	return nil
}
