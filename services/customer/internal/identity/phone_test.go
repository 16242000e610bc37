package identity

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const kyiv = "+380441234567"

func TestOneNumberInManySpellings(t *testing.T) {
	for _, spelling := range []string{
		"+380441234567", "+380 44 123 45 67", "+380.44.123.45.67", "+380-44-123-45-67", "+380 (44) 123-45-67", "+38 (044) 123 45 67",
		"+380 (0)44 123 45 67", "+380/44/1234567", "[+380] 44 123 45 67", "+ 380 44 1234567",
		"00380441234567", "00 380 44 123 45 67", "+00380441234567", "380441234567", "380 44 123 45 67",
		"0441234567", "044 123 45 67", "(044) 123-45-67", "(0 44) 123.45.67", "044/123 45 67", "\t044\u00a0123\u202f45\u30006７\n",
		"+380‐44‑123–45—67", "+380−44−1234567",
		"＋３８０４４１２３４５６７", "（０４４）１２３－４５－６７", "٠٤٤١٢٣٤٥٦٧", "+۳۸۰۴۴۱۲۳۴۵۶۷", "०४४ १२३ ४५ ६७", "𝟎𝟒𝟒𝟏𝟐𝟑𝟒𝟓𝟔𝟕",
		"\u202a+380441234567\u202c", "\ufeff044\u200b123\u00ad45\u200d67", "\u200e+380 44 123 45 67",
		"+380441234567 ext. 12", "044 123 45 67 x12", "044 123 45 67 доб. 12", "044 123 45 67 #12", "+380441234567;ext=12",
		"tel:+380-44-123-45-67", "TEL:+380441234567", "tel:0441234567;phone-context=+380", "callto:+380441234567",
		"whatsapp:+380441234567", "https://wa.me/380441234567", "viber://chat?number=+380441234567", "Tel.: 044 123 45 67", "моб. +380 44 1234567",
		"Anna <+380441234567>", "sip:+380441234567@pbx.example.org", `"Anna" <sips:0441234567@10.0.0.1:5061>`, "ȺȺȺȺȺȺ SIP:0441234567",
	} {
		number, ok := ReadPhone(spelling, "UA")
		require.True(t, ok, "%q", spelling)
		require.Equal(t, kyiv, number, "%q", spelling)
	}
}

func TestReadPhone(t *testing.T) {
	for name, test := range map[string]struct{ text, region, want string }{
		"letters":                            {"1-800-FLOWERS", "US", "+18003569377"},
		"letters, from abroad":               {"+1 (800) FLO-WERS", "UA", "+18003569377"},
		"with the region's own prefix":       {"011 380 44 123 45 67", "US", kyiv},
		"with 00, where it is not dialled":   {"00380441234567", "US", kyiv},
		"with 00, in no region":              {"00 380 44 123 45 67", "", kyiv},
		"bare, as a network shows it":        {"380441234567", "", kyiv},
		"bare, in another region":            {"380441234567", "PL", kyiv},
		"a trunk zero that is none":          {"+39 06 698 12345", "", "+390669812345"},
		"a trunk zero within":                {"+44 (0)20 7946 0958", "", "+442079460958"},
		"national, in a region without zero": {"612 34 56 78", "ES", "+34612345678"},
		"of a length, but not in use":        {"020 012 34 56", "UA", "+380200123456"},
		"with 00, but not in use":            {"00380200123456", "", "+380200123456"},
		"with a region nobody knows":         {"+380441234567", "ZZ", kyiv},
		"of no region":                       {"+80012345678", "", "+80012345678"},

		"empty":                         {"", "UA", ""},
		"no digits":                     {"anonymous", "UA", ""},
		"national, in no region":        {"044 123 45 67", "", ""},
		"national, in an unknown one":   {"044 123 45 67", "ZZ", ""},
		"bare, but not in use":          {"380200123456", "", ""},
		"an emergency":                  {"112", "UA", ""},
		"without its area":              {"123 45 67", "UA", ""},
		"too short":                     {"+380 44 123", "", ""},
		"too long":                      {"+380 44 123 45 67 89 01", "", ""},
		"a country that is not there":   {"+999 44 123 45 67", "", ""},
		"two numbers":                   {"044 123 45 67, 044 765 43 21", "UA", ""},
		"longer than E.164 allows":      {"+49 1234 5678 9012 345", "", ""},
		"an account":                    {"UA213223130000026007233566001", "UA", ""},
		"longer than anything is read":  {strings.Repeat("0441234567", 40), "UA", ""},
		"a phone-context that is a lie": {"tel:123;phone-context=;", "UA", ""},
	} {
		number, ok := ReadPhone(test.text, test.region)
		require.Equal(t, test.want, number, name)
		require.Equal(t, test.want != "", ok, name)
	}
}

// Every digit of Unicode becomes the digit that it is. The sample is what strings in many scripts are made of.
func TestDigit(t *testing.T) {
	for _, run := range []string{"0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "๐๑๒๓๔๕๖๗๘๙", "၀၁၂၃၄၅၆၇၈၉", "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿", "𞥐𞥑𞥒𞥓𞥔𞥕𞥖𞥗𞥘𞥙"} {
		require.Equal(t, "0123456789", strings.Map(digit, run))
	}
	for _, in := range unicode.Nd.R16 {
		require.Zero(t, (in.Hi-in.Lo+1)%10, "the range from %U is made of whole runs", in.Lo)
		require.EqualValues(t, 1, in.Stride)
	}
	for _, in := range unicode.Nd.R32 {
		require.Zero(t, (in.Hi-in.Lo+1)%10, "the range from %U is made of whole runs", in.Lo)
		require.EqualValues(t, 1, in.Stride)
	}
}

// aNumber draws a number of any region, in use or at least of a possible length.
func aNumber(t *rapid.T) (number, region string) {
	regions := slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
	region = rapid.SampledFrom(regions).Draw(t, "region")
	example := phonenumbers.Format(phonenumbers.GetExampleNumber(region), phonenumbers.E164)
	tail := rapid.StringMatching(`[0-9]{0,5}`).Draw(t, "tail")
	number, ok := ReadPhone(example[:len(example)-len(tail)]+tail, "")
	if !ok {
		t.Skip("no number")
	}
	return number, region
}

func TestNoiseDoesNotChangeANumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number, region := aNumber(t)
		digits := number[1:]
		zero := rapid.SampledFrom([]rune("0０٠۰०๐𝟎")).Draw(t, "script")
		gap := rapid.SampledFrom([]string{"", "", "", " ", "-", ".", "\u00a0", "\u200b", " (", ") ", "–", "\u2060", "\t"})
		var text strings.Builder
		text.WriteString(rapid.SampledFrom([]string{"", " ", "tel:", "whatsapp:", "\u202a", "Tel. "}).Draw(t, "before"))
		text.WriteString(rapid.SampledFrom([]string{"+", "＋", "00", "00 ", "+00"}).Draw(t, "prefix"))
		for _, d := range digits {
			text.WriteRune(zero + d - '0')
			text.WriteString(gap.Draw(t, "gap"))
		}
		text.WriteString(rapid.SampledFrom([]string{"", " ", " ext. 7", " x7", "\u202c"}).Draw(t, "after"))
		got, ok := ReadPhone(text.String(), rapid.SampledFrom([]string{"", "UA", "US", region}).Draw(t, "read in"))
		require.True(t, ok, "%q of %s", text.String(), number)
		require.Equal(t, number, got, "%q", text.String())
	})
}

// The library's own way to write a number for its country is an independent speller.
func TestANumberAsItsCountryWritesIt(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		example := phonenumbers.GetExampleNumber(region)
		want := phonenumbers.Format(example, phonenumbers.E164)
		for _, format := range []phonenumbers.PhoneNumberFormat{
			phonenumbers.NATIONAL, phonenumbers.INTERNATIONAL, phonenumbers.RFC3966, phonenumbers.E164,
		} {
			text := phonenumbers.Format(example, format)
			got, ok := ReadPhone(text, region)
			require.True(t, ok, "%q in %s", text, region)
			require.Equal(t, want, got, "%q in %s", text, region)
		}
	}
}

func FuzzReadPhone(f *testing.F) {
	for _, text := range []string{kyiv, "044 123-45-67", "00380441234567x1", "tel:1;phone-context=+380", "٠٤٤", "+54 9 11 2345 6789", "1-800-FLOWERS"} {
		f.Add(text, "UA")
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		number, ok := ReadPhone(text, region)
		require.Equal(t, ok, number != "")
		if !ok {
			return
		}
		require.Regexp(t, `^\+[1-9][0-9]{3,14}$`, number)
		for _, in := range []string{"", "UA", "US", region} {
			again, ok := ReadPhone(number, in)
			require.True(t, ok)
			require.Equal(t, number, again)
		}
	})
}
