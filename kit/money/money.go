// Package money keeps amounts as whole minor units (cents) of an ISO 4217 currency, and turns them from and into
// google.type.Money. Nothing is ever rounded: an amount that is not a whole number of minor units is refused.
package money

import (
	"fmt"

	"google.golang.org/genproto/googleapis/type/money"
)

// Max is the largest amount, either way, in minor units. Sums of a thousand of them still fit an int64.
const Max = 9_000_000_000_000_000

// MaxPrice is the largest price that callers may set, in units of any currency: a hundred times it is still below Max.
const MaxPrice = 90_000_000_000

// Amount is money.
type Amount struct {
	Minor    int64 // minor units, such as cents
	Currency string
}

// exponents of minor units in nanos: a currency with two decimals has 10,000,000 nanos a minor unit.
func nanosPerMinor(scale int) int64 {
	n := int64(1_000_000_000)
	for range scale {
		n /= 10
	}
	return n
}

// ParseCurrent reads an amount of zero or more in a currency that there is today, as callers give it. Its error says what would be
// right.
func ParseCurrent(m *money.Money) (Amount, error) {
	if _, err := currentScaleOf(m.GetCurrencyCode()); err != nil {
		return Amount{}, err
	}
	return Parse(m)
}

// Parse reads an amount of zero or more, which may be in a currency of an earlier time, as those of imported orders are. Its error says
// what would be right.
func Parse(m *money.Money) (Amount, error) {
	scale, err := scaleOf(m.GetCurrencyCode())
	if err != nil {
		return Amount{}, err
	}
	units, nanos := m.GetUnits(), int64(m.GetNanos())
	per := nanosPerMinor(scale)
	switch {
	case units < 0 || nanos < 0:
		return Amount{}, fmt.Errorf("must not be negative")
	case nanos > 999_999_999 || nanos%per != 0:
		return Amount{}, fmt.Errorf("must be a whole number of the currency's smallest unit: nanos a multiple of %d below 1,000,000,000", per)
	}
	minorPerUnit := 1_000_000_000 / per
	if most := Max / minorPerUnit; units > most || units == most && nanos > 0 {
		return Amount{}, fmt.Errorf("must be at most %d %s", most, m.GetCurrencyCode())
	}
	return Amount{Minor: units*minorPerUnit + nanos/per, Currency: m.GetCurrencyCode()}, nil
}

// ParsePrice reads a price, which may be zero to MaxPrice units.
func ParsePrice(m *money.Money) (Amount, error) {
	if m.GetUnits() > MaxPrice || m.GetUnits() == MaxPrice && m.GetNanos() > 0 {
		return Amount{}, fmt.Errorf("must be at most %d %s", MaxPrice, m.GetCurrencyCode())
	}
	return ParseCurrent(m)
}

// Proto is the amount as callers see it. The currency is one that Parse has accepted.
func (a Amount) Proto() *money.Money {
	scale, err := scaleOf(a.Currency)
	if err != nil {
		return nil
	}
	per := nanosPerMinor(scale)
	minorPerUnit := 1_000_000_000 / per
	return &money.Money{CurrencyCode: a.Currency, Units: a.Minor / minorPerUnit, Nanos: int32(a.Minor % minorPerUnit * per)}
}

// Times is the amount of several.
func (a Amount) Times(quantity int64) (Amount, error) {
	if quantity != 0 && a.Minor > Max/quantity {
		return Amount{}, fmt.Errorf("comes to more than can be charged in one order")
	}
	return Amount{a.Minor * quantity, a.Currency}, nil
}

// Plus is the sum of two amounts of one currency.
func (a Amount) Plus(b Amount) (Amount, error) {
	if a.Minor > Max-b.Minor {
		return Amount{}, fmt.Errorf("comes to more than can be charged in one order")
	}
	return Amount{a.Minor + b.Minor, a.Currency}, nil
}
