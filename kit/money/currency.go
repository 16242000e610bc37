package money

import (
	"fmt"
	"strings"
)

// The currencies that there are, by the decimals of their smallest units: ISO 4217, List One ("Current currency & funds code list"), as
// its maintenance agency SIX had it in 2026, less what has no smallest unit there: precious metals, drawing rights, test codes.
//
// Bulgaria has the euro since 2026 (no BGN). XCG took the place of ANG in 2025, ZWG that of ZWL in 2024.
const (
	noDecimals = `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF`

	twoDecimals = `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU
		CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
		KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK
		PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD
		USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`

	threeDecimals = `BHD IQD JOD KWD LYD OMR TND`

	fourDecimals = `CLF UYW`
)

// Currencies of earlier times, by the decimals that their smallest units had then (ISO 4217, List Three, "Historic denominations"). Amounts
// of them stand in old orders; nothing is sold in them any more.
const (
	withdrawnNoDecimals = `ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE TPE TRL`

	withdrawnTwoDecimals = `AFA ANG ATS AZM BGL BGN CSD CSK CUC CYP DDM DEM EEK FIM FRF GHC GWP HRD HRK IEP LTL LVL MRO MTL MXP MZM NLG PLZ
		ROL RUR SDD SIT SKK SLL SRG STD SUR TMM UAK VEB VEF YUM YUN ZMK ZWD ZWL ZWR`
)

var scales = func() map[string]int {
	byCode := map[string]int{}
	for scale, codes := range map[int]string{0: noDecimals, 2: twoDecimals, 3: threeDecimals, 4: fourDecimals} {
		for _, code := range strings.Fields(codes) {
			byCode[code] = scale
		}
	}
	return byCode
}()

var withdrawn = func() map[string]int {
	byCode := map[string]int{}
	for scale, codes := range map[int]string{0: withdrawnNoDecimals, 2: withdrawnTwoDecimals} {
		for _, code := range strings.Fields(codes) {
			byCode[code] = scale
		}
	}
	return byCode
}()

// scaleOf is how many decimals a currency's smallest unit has, or had while there was the currency.
func scaleOf(code string) (int, error) {
	if scale, had := withdrawn[code]; had {
		return scale, nil
	}
	return currentScaleOf(code)
}

// currentScaleOf is how many decimals the smallest unit has of a currency that there is.
func currentScaleOf(code string) (int, error) {
	scale, known := scales[code]
	switch {
	case known:
		return scale, nil
	case code == "":
		return 0, fmt.Errorf("must have a currency code of ISO 4217, such as EUR")
	}
	if upper := strings.ToUpper(code); upper != code {
		if _, known := scales[upper]; known {
			return 0, fmt.Errorf("must have a currency code of ISO 4217 in upper case: %s, not %q", upper, code)
		}
	}
	return 0, fmt.Errorf("must have a currency code that ISO 4217 has in 2026, such as EUR, but has %q", code)
}
